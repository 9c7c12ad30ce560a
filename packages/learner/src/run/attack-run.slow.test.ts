import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTeam, type Team } from '@vigil/actors'
import { batchCountOf, decodeCertificates, decodePublicTeam, verifyCertificate } from '@vigil/agreement'
import { type Config, type ConfigInput, resolveConfig } from '@vigil/config'
import { ATTACKS, CHEAP_ATTACKS, DEFAULT_BUDGETS, driftingVotes, poisoned } from '@vigil/evaluation'
import type { FeaturePipeline } from '@vigil/features'
import { initialiseParameters } from '@vigil/policy-wasm'
import { initialiseMasked, inputMaskOf, readCheckpoint } from '@vigil/ppo'
import { type Evaluation, type RunFolder, readEvaluation, resultFiles, runFolderAt } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ppoSettingsOf, teamSettingsOf } from '../settings.ts'
import { certifiedRun } from './certify-decisions.ts'
import { PLAIN } from './composition.ts'
import { evaluateRun } from './evaluate-run.ts'
import { identityOf, loadData } from './session.ts'
import { trainAttackers } from './train-attackers.ts'
import { trainRun } from './train-run.ts'

const SMALL: ConfigInput = {
  environment: 'triage',
  rows: 4000,
  iterations: 20,
  validateEvery: 10,
  policyHidden: [32],
  valueHidden: [16],
  rowsPerIteration: 1024,
  minibatchSize: 256,
  learningRate: 4e-3,
  actors: 1,
  engine: 'portable',
  engineThreads: 1,
}

let root: string
let config: Config
let folder: RunFolder
let team: Team
let pipeline: FeaturePipeline
let parameters: Float32Array
const said: string[] = []
const session = {
  stream: { write: (text: string) => said.push(text) > 0 },
  isTTY: false,
  stop: { requested: () => false, onRequest: () => () => undefined },
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-attacks-'))
  folder = runFolderAt(join(root, 'run'))
  config = resolveConfig({ ...SMALL, out: folder.path }, 'test')
  await trainRun({ kind: 'new', config }, session)
  const data = await loadData(config, undefined, () => undefined)
  pipeline = data.pipeline
  team = await createTeam(teamSettingsOf(config), data.dataset)
  parameters = (await readCheckpoint(folder.best, identityOf(config, team))).parameters
})
afterAll(async () => {
  await team.pool.close()
  await rm(root, { recursive: true })
})

async function evaluated(how: Partial<Parameters<typeof evaluateRun>[0]>): Promise<Evaluation> {
  const run = { config, composition: PLAIN, folder, team, identity: identityOf(config, team), pipeline, belief: null }
  await evaluateRun(
    { ...run, split: 'test', certify: false, attacks: ATTACKS, budgets: DEFAULT_BUDGETS, ...how },
    session,
  )
  return await readEvaluation(resultFiles(folder, 'test').evaluation)
}

const f1Of = ({ byzantine }: Evaluation, attack: string, f: number) =>
  byzantine.find((entry) => entry.attack === attack && entry.f === f && entry.rule === 'quorum')!.team.f1

describe('an evaluation under attack', () => {
  it('is part of every training, with the attacks that need votes alone', async () => {
    const { byzantine } = await readEvaluation(resultFiles(folder, 'test').evaluation)
    expect([...new Set(byzantine.map(({ attack }) => attack))]).toEqual(['none', ...CHEAP_ATTACKS])
  })

  it('is the same again with every attack, and two trained attackers of four undo the team', async () => {
    const first = await evaluated({})
    expect(first.byzantine.length).toBe(4 * (1 + 2 * ATTACKS.length))
    expect(await evaluated({})).toEqual(first)
    expect(f1Of(first, 'trained', 2)).toBeLessThan(f1Of(first, 'none', 0) - 0.3)
    expect(f1Of(first, 'drift', 2)).toBeLessThan(f1Of(first, 'none', 0))
    expect(await readFile(resultFiles(folder, 'test').report, 'utf8')).toContain('trained')
  })

  it.each(['trimmed-median', 'weighted'] as const)('counts by %s, and certifies what it decides', async (rule) => {
    const counted = { ...config, rule }
    said.length = 0
    const { team: scores, rule: counting } = await evaluated({ config: counted, attacks: ['crash'], certify: true })
    expect(counting).toBe(rule)
    const files = resultFiles(folder, 'test')
    const trusted = decodePublicTeam(await readFile(files.publicKeys, 'utf8'))
    const certificates = decodeCertificates(await readFile(files.certificates), trusted)
    expect(trusted.run).toBe(certifiedRun({ ...identityOf(config, team), split: 'test', parameters }))
    expect(trusted.decision.rule).toBe(rule)
    expect(certificates.length).toBe(batchCountOf(trusted))
    for (const certificate of certificates) expect(verifyCertificate(certificate, trusted)).toBeNull()
    const stopped = certificates.flatMap(({ actions }) => [...actions]).filter((action) => action === 1 || action === 2)
    expect(stopped.length).toBe(scores.tp + scores.fp)
    // New keys are a new epoch, under which nothing of before holds.
    await evaluated({ config: counted, attacks: ['crash'], certify: true })
    const later = decodePublicTeam(await readFile(files.publicKeys, 'utf8'))
    expect(later.epoch).toBe(trusted.epoch + 1)
    expect(verifyCertificate(certificates[0], later)).toBe('WRONG_EPOCH')
    expect((await readdir(folder.path)).filter((name) => /key/.test(name))).toEqual(['public-keys.json'])
    expect(said.join('')).toContain(hash('sha256', await readFile(files.publicKeys)))
  })

  it('leaves no certificates of an earlier evaluation beside a later one, nor touches those of another split', async () => {
    const [test, validation] = (['test', 'validation'] as const).map((split) => resultFiles(folder, split))
    const signed = [test.certificates, test.publicKeys, validation.certificates, validation.publicKeys]
    for (const file of signed) await writeFile(file, 'of an earlier evaluation')
    await evaluated({ attacks: ['crash'] })
    expect(signed.map((file) => existsSync(file))).toEqual([false, false, true, true])
    for (const file of signed) await rm(file, { force: true })
  })
})

describe('poisoned weights', () => {
  it('are the honest ones at level 0, and at level 1 those of an agent that takes the other class', async () => {
    const { network } = team
    expect(poisoned(network, { parameters, faulty: [0, 2], level: 0 })).toEqual(parameters)
    team.publish(parameters, 0)
    const honest = await team.pool.evaluate('test')
    team.publish(poisoned(network, { parameters, faulty: [2], level: 1 }), 0)
    const { actions, scores } = await team.pool.evaluate('test')
    const swapped = [1, 0, 3, 2]
    for (let at = 0; at < actions.length; at++) {
      expect(actions[at]).toBe(at % 4 === 2 ? swapped[honest.actions[at]] : honest.actions[at])
      expect(scores[at]).toBeCloseTo(at % 4 === 2 ? 1 - honest.scores[at] : honest.scores[at], 5)
    }
  })

  it('drift: honest at first, inverted in the end', async () => {
    team.publish(parameters, 0)
    const honest = await team.pool.evaluate('test')
    const drifted = await driftingVotes(team, { split: 'test', parameters, faulty: [1] })
    const quarter = 4 * Math.floor(honest.actions.length / 16)
    expect(drifted.actions.subarray(0, quarter)).toEqual(honest.actions.subarray(0, quarter))
    const swapped = [1, 0, 3, 2]
    for (let at = honest.actions.length - quarter; at < honest.actions.length; at++) {
      expect(drifted.actions[at]).toBe(at % 4 === 1 ? swapped[honest.actions[at]] : honest.actions[at])
    }
  })
})

describe('trainAttackers', () => {
  it('moves the attackers alone', async () => {
    const attacked = await trainAttackers(
      { config, team, composition: PLAIN },
      {
        honest: parameters,
        faulty: [1],
        onIteration: () => undefined,
      },
    )
    const size = parameters.length / 4
    const of = (values: Float32Array, agent: number) => values.subarray(agent * size, (agent + 1) * size)
    for (const agent of [0, 2, 3]) expect(of(attacked, agent)).toEqual(of(parameters, agent))
    const fresh = initialiseParameters(team.network, config.seed + 1)
    expect(of(attacked, 1)).not.toEqual(of(fresh, 1))
    expect(of(attacked, 1)).not.toEqual(of(parameters, 1))
  })

  it('shows attackers no more than the agents whose places they take', async () => {
    const watched = resolveConfig({ ...SMALL, stlMode: 'lagrangian', specifications: 'default' }, 'test')
    const { network, dataset, pool } = await createTeam(teamSettingsOf(watched), team.dataset)
    await pool.close()
    const mask = inputMaskOf(network, ppoSettingsOf(watched))!
    const honest = initialiseMasked(network, watched.seed, mask)
    const attack = { honest, faulty: [1], onIteration: () => undefined }
    const attacked = await trainAttackers({ config: watched, team: { dataset }, composition: PLAIN }, attack)
    const size = honest.length / 4
    const ofAttacker = Array.from({ length: size }, (_, i) => size + i)
    const hidden = ofAttacker.filter((i) => mask[i] === 0)
    expect(hidden.length).toBeGreaterThan(0)
    expect(hidden.filter((i) => attacked[i] !== 0)).toEqual([])
    expect(ofAttacker.some((i) => attacked[i] !== honest[i])).toBe(true)
  })
})
