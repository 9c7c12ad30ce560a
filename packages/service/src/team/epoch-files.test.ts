import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Durable, ed25519Sign } from '@vigil/agreement'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openAgentLog } from './agent-log.ts'
import { agreedChain } from './agreed-batch.fixture.ts'
import { proposedEpoch, readEpochs, shownPledge, signEpoch } from './epoch-files.ts'
import { createTeamFiles, fileOfEpoch, readKeys, readTeam } from './team-files.ts'

const TERMS = {
  ...{ bundle: 'ab'.repeat(32), batchRows: 8, viewMs: 500, faults: 1 },
  decision: { rule: 'quorum', fallbackAction: 3 } as const,
}
const AT = 2
/** A batch with number 2, in epoch 0. */
const [, , { certificate }] = agreedChain([['[1,{}]'], ['[2,{}]'], ['[3,{}]']])

const notes: string[] = []
const note = (text: string) => void notes.push(text)

let folder: string
let path: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-epochs-'))
  path = await createTeamFiles(folder, { ...TERMS, epoch: 0, addresses: addressesFrom(7400), follows: null })
  for (const agent of [0, 1, 2, 3]) await begun(agent)
  notes.length = 0
  await propose(AT)
})
afterEach(() => rmSync(folder, { recursive: true }))

const addressesFrom = (port: number) => [0, 1, 2, 3].map((agent) => `127.0.0.1:${port + agent}`)
const signatureOf = (agent: number) => join(folder, `team.1.agent-${agent}.json`)

/** The folder of an agent that has been at work. */
async function begun(agent: number): Promise<void> {
  const log = join(folder, `log-${agent}`)
  mkdirSync(log)
  await (await openAgentLog(log)).close()
}

async function propose(batch: number): Promise<void> {
  const { team } = await readTeam(path)
  const follows = { manifest: team.id, batch }
  await createTeamFiles(folder, { ...TERMS, epoch: 1, addresses: addressesFrom(7500), follows })
}

async function sign(agent: number): Promise<string> {
  const before = await readTeam(path)
  const next = (await proposedEpoch(path, [before]))!
  const keys = await readKeys(join(folder, `agent-${agent}.key`))
  const log = join(folder, `log-${agent}`)
  return await signEpoch({ path, before, next }, { agent, sign: ed25519Sign(keys.signing!), log })
}

/** What agent 0 has signed last, in a batch of epoch 0. */
async function stored(batch: number, voted: Partial<Durable['voted']> = {}, observing = false): Promise<void> {
  const log = await openAgentLog(join(folder, 'log-0'))
  const durable: Durable = {
    ...{ observing, view: 0, voted: { prepare: -1, commit: -1, ...voted }, proposed: -1 },
    ...{ ballot: null, claim: null, lock: null, committed: null },
  }
  const { settings } = certificate
  await log.store({ ...settings, domain: { ...settings.domain, batch } }, durable)
  await log.close()
}

describe('a successor in the folder of a team', () => {
  it('counts from the third signature of four on, whatever lies there in place of others', async () => {
    writeFileSync(signatureOf(3), 'nonsense')
    for (const agent of [0, 1]) await sign(agent)
    // Agent 2 is said to have signed what agent 0 has.
    const lent = readFileSync(signatureOf(0), 'utf8').replace('"agent":0', '"agent":2')
    writeFileSync(signatureOf(2), lent)
    expect((await readEpochs(path, note)).map(({ team }) => team.epoch)).toEqual([0])
    await sign(2)
    expect((await readEpochs(path, note)).map(({ team }) => team.epoch)).toEqual([0, 1])
    // With another manifest in its place they are worth nothing.
    await propose(AT + 1)
    expect((await readEpochs(path, note)).map(({ team }) => team.epoch)).toEqual([0])
  })

  it('counts for nothing and stops nobody where no quorum can have signed it, and is refused where one has', async () => {
    const whole = readFileSync(fileOfEpoch(path, 1), 'utf8')
    writeFileSync(fileOfEpoch(path, 1), whole.slice(0, 100))
    expect((await readEpochs(path, note)).length).toBe(1)
    expect(notes).toEqual([expect.stringMatching(/team\.1\.json counts for nothing: /)])
    // A manifest that may not follow.
    const before = await readTeam(path)
    writeFileSync(fileOfEpoch(path, 1), whole.replace('"epoch": 1', '"epoch": 0'))
    expect((await readEpochs(path, note)).length).toBe(1)
    const next = await readTeam(fileOfEpoch(path, 1))
    await expect(proposedEpoch(path, [before])).rejects.toMatchObject({ code: 'SUCCESSOR' })
    for (const agent of [0, 1, 2]) {
      const { signing } = await readKeys(join(folder, `agent-${agent}.key`))
      const log = join(folder, `log-${agent}`)
      await signEpoch({ path, before, next }, { agent, sign: ed25519Sign(signing!), log })
    }
    await expect(readEpochs(path, note)).rejects.toMatchObject({ code: 'SUCCESSOR' })
  })
})

describe('an agent signs a successor', () => {
  it.each<[string, number, Partial<Durable['voted']>]>([
    ['in a batch before', AT - 1, { prepare: 0, commit: 0 }],
    ['in the batch with which it begins, but for no commit', AT, { prepare: 3 }],
  ])('where it has voted %s', async (_, batch, voted) => {
    await stored(batch, voted)
    expect(await sign(0)).toBe(signatureOf(0))
    expect(await sign(0)).toBe(signatureOf(0))
  })

  it.each<[string, number, Partial<Durable['voted']>]>([
    ['for a commit in the batch with which it begins', AT, { commit: 0 }],
    ['in a batch behind', AT + 1, {}],
  ])('not where it has voted %s', async (_, batch, voted) => {
    await stored(batch, voted)
    await expect(sign(0)).rejects.toMatchObject({ code: 'SUCCESSOR_LATE' })
    await expect(async () => readFileSync(signatureOf(0))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('not where it only observes the batch with which it begins, for it may have voted there', async () => {
    await stored(AT, {}, true)
    await expect(sign(0)).rejects.toMatchObject({ code: 'SUCCESSOR_LATE' })
  })

  it('not by a folder in which it has never been at work', async () => {
    mkdirSync(join(folder, 'typo'))
    await stored(AT, { commit: 0 })
    renameSync(join(folder, 'log-0'), join(folder, 'true'))
    renameSync(join(folder, 'typo'), join(folder, 'log-0'))
    await expect(sign(0)).rejects.toMatchObject({
      code: 'LOG_INVALID',
      message: expect.stringContaining('has no agent.log'),
    })
    expect(readdirSync(join(folder, 'log-0'))).toEqual([])
  })

  it('and is bound by its signature beside the manifest, by whatever folder it was given', async () => {
    const before = await readTeam(path)
    expect(await shownPledge(path, [before], 0)).toBe(null)
    await sign(0)
    const { team } = await readTeam(fileOfEpoch(path, 1))
    expect(await shownPledge(path, [before], 0)).toEqual({ epoch: 0, batch: AT, manifest: team.id })
    expect(await shownPledge(path, [before], 1)).toBe(null)
    await propose(AT + 1)
    expect(await shownPledge(path, [before], 0)).toBe(null)
  })

  it('and no other one, unless its team has gone on where the first one would have begun', async () => {
    await sign(0)
    await propose(AT + 3)
    await expect(sign(0)).rejects.toMatchObject({
      code: 'SUCCESSOR_LATE',
      message: expect.stringContaining('signed another successor of epoch 0, which begins with batch 2'),
    })
    await stored(AT)
    await expect(sign(0)).rejects.toMatchObject({ code: 'SUCCESSOR_LATE' })
    await stored(AT + 1)
    expect(await sign(0)).toBe(signatureOf(0))
  })
})
