import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Epoch, ed25519Sign, signSuccessor } from '@vigil/agreement'
import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import type { FeaturePipeline, RawEvent } from '@vigil/features'
import { writeBundle } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { bundleFingerprint } from '../bundle-fingerprint.ts'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { openAgentEpochs } from './agent-epochs.ts'
import { openAgentLog } from './agent-log.ts'
import type { Transport } from './connections.ts'
import { openEnforcerEpochs } from './enforcer-epochs.ts'
import { openEnforcerFolder } from './enforcer-folder.ts'
import { writeSignature } from './epoch-signatures.ts'
import { rotateTeam } from './rotate-team.ts'
import { runAgent } from './run-agent.ts'
import { runEnforcer } from './run-enforcer.ts'
import { createTeamFiles, fileOfEpoch, readKeys, readTeam } from './team-files.ts'

let folder: ReturnType<typeof eventsFolder>
let drawn: Awaited<ReturnType<typeof drawnTeam>>
/** Of two bundles, a team that has the first one, then the other, then the first one again, from batches 0, 10 and 20 on. */
let epochs: Epoch[]
let runs: string[]
beforeAll(async () => {
  folder = eventsFolder()
  drawn = await drawnTeam(describedRequest(folder), { lstmHidden: [] })
  await drawn.close()
  runs = [folder.path, join(folder.path, 'other')]
  await writeBundle(runs[0], drawn.bundle)
  cpSync(join(runs[0], 'bundle'), join(runs[1], 'bundle'), { recursive: true })
  const written = join(runs[1], 'bundle', 'bundle.json')
  writeFileSync(written, readFileSync(written, 'utf8').replace(/"iteration": ?\d+/, '"iteration": 99'))
  mkdirSync(join(folder.path, 'team'))
  const { rule, faults, fallbackAction } = drawn.bundle.vote
  const agents = Array.from({ length: drawn.bundle.network.agentCount }, (_, agent) => agent)
  epochs = []
  for (const [epoch, run] of [runs[0], runs[1], runs[0]].entries()) {
    const path = await createTeamFiles(join(folder.path, 'team'), {
      ...{ epoch, faults, batchRows: 32, viewMs: 500, bundle: await bundleFingerprint(run) },
      addresses: agents.map((agent) => `127.0.0.1:${7400 + 100 * epoch + agent}`),
      decision: { rule, fallbackAction },
      follows: epoch === 0 ? null : { manifest: epochs[epoch - 1].team.id, batch: 10 * epoch },
    })
    epochs.push(await readTeam(path))
  }
})
afterAll(() => folder.remove())

const nowhere: Transport = async () => ({ send: () => undefined, close: () => undefined })
const team = (name: string) => join(folder.path, 'team', name)

async function opened(known: readonly Epoch[], transport = nowhere) {
  const notes: string[] = []
  const epochsOf = await openAgentEpochs(known, {
    files: { agent: 0, key: team('agent-0.key'), runs },
    transport,
    receiver: { onFrame: () => undefined, onOpen: () => undefined },
    note: (text) => notes.push(text),
  })
  return { epochs: epochsOf, notes }
}

/** Puts a file of keys out of the way while something is done. */
async function without(name: string, act: () => Promise<void>): Promise<void> {
  renameSync(team(name), team(`${name}.elsewhere`))
  try {
    await act()
  } finally {
    renameSync(team(`${name}.elsewhere`), team(name))
  }
}

describe('an agent in the epochs of its team', () => {
  it('begins anew with a bundle that comes again behind another one, whether it has gone on or was begun again', async () => {
    const { epochs: always } = await opened([epochs[0]])
    const events: RawEvent[] = [1, 2, 3].map((minute) => ({
      ...{ ts: `2030-01-01T00:0${minute}:00Z`, host: 'h1', proto: 'tcp', bytes: 3, port: 1 },
    }))
    const first = always.at(0).voter!.vote(events)
    // What it has seen matters to it.
    expect(always.at(0).voter!.vote(events)).not.toEqual(first)
    await always.load(epochs[1], 10)
    await always.load(epochs[2], 20)
    const { epochs: again } = await opened(epochs)
    const later = [always, again].map(({ at }) => at(20).voter!.vote(events))
    expect(later).toEqual([first, first])
  })

  it('works in an epoch that is not over where another host has its keys of the next one', async () => {
    await without('agent-0.1.key', async () => {
      const { epochs: own, notes } = await opened(epochs.slice(0, 2))
      expect(notes).toEqual([
        expect.stringMatching(/There is no .*agent-0\.1\.key: the agent takes no part in epoch 1 here/),
      ])
      expect([own.at(9).sign === null, own.at(10).sign === null]).toEqual([false, true])

      const running = await opened([epochs[0]])
      await expect(running.epochs.load(epochs[1], 9)).rejects.toMatchObject({ code: 'SECRET_INVALID' })
      expect(running.epochs.known.length).toBe(1)
      await running.epochs.load(epochs[1], 10)
      expect([running.notes, running.epochs.at(10).sign]).toEqual([notes, null])
      await without('agent-0.key', async () => {
        await expect(opened(epochs.slice(0, 2))).rejects.toMatchObject({ code: 'SECRET_INVALID' })
      })
    })
  })

  it('works where it can listen in one of two epochs, and ends where it can in none', async () => {
    const free = vi.fn((address: string) => address.endsWith(':7400'))
    const transport: Transport = async (agent, addresses, ...rest) => {
      if (!free(addresses[agent])) throw Object.assign(new Error('listen'), { code: 'EADDRNOTAVAIL' })
      return await nowhere(agent, addresses, ...rest)
    }
    const { epochs: own } = await opened(epochs.slice(0, 2), transport)
    const told: string[] = []
    await own.connect(5, (text) => told.push(text))
    expect(told).toEqual([
      'The agent cannot listen at 127.0.0.1:7500: this machine does not have that address (EADDRNOTAVAIL). Listen at one that it has.',
    ])
    own.leave(11)
    await expect(own.connect(11, () => undefined)).rejects.toMatchObject({ code: 'ADDRESS_TAKEN' })
    free.mockReturnValue(true)
    await own.connect(11, () => expect.unreachable())
  })
})

describe('an agent that is asked to stop', () => {
  it('gives its folder back when the look that is under way has ended', async () => {
    for (const agent of [0, 1, 2]) {
      const { signing } = await readKeys(team(`agent-${agent}.key`))
      const signature = signSuccessor(epochs[0], epochs[1], ed25519Sign(signing!))
      await writeSignature(team('team.1.json'), 'agent', { next: epochs[1], agent, signature })
    }
    const log = join(folder.path, 'log-0')
    mkdirSync(log)
    const underWay = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    // It can listen in the later epoch from its first look on, and that takes long.
    const transport = vi.fn(nowhere)
    transport.mockImplementationOnce(nowhere)
    transport.mockRejectedValueOnce(new Error('EADDRNOTAVAIL'))
    transport.mockImplementationOnce(async (...args) => {
      underWay.resolve()
      await goOn.promise
      return await nowhere(...args)
    })
    let end: () => void = expect.unreachable
    const stop = {
      requested: () => false,
      onRequest(listener: () => void) {
        end = listener
        return () => undefined
      },
    }
    const command = { team: team('team.json'), agent: 0, key: team('agent-0.key'), runs, log }
    const ended = runAgent(command, stop, () => undefined, transport)
    await underWay.promise
    end()
    for (let attempt = 0; attempt < 20; attempt++) {
      await expect(openAgentLog(log)).rejects.toMatchObject({ code: 'LOG_TAKEN' })
    }
    goOn.resolve()
    await ended
    await (await openAgentLog(log)).close()
  })
})

describe('a member that cannot begin', () => {
  const never = { requested: () => false, onRequest: () => () => undefined }

  it('gives its folder back as an agent', async () => {
    const log = join(folder.path, 'log-begin')
    mkdirSync(log)
    const past = `past-0-0-${'0'.repeat(64)}-${epochs[0].manifest.bundle.slice(0, 16)}.state`
    writeFileSync(join(log, past), 'no past')
    const command = { team: team('team.json'), agent: 0, key: team('agent-0.key'), runs, log }
    await expect(runAgent(command, never, () => undefined, nowhere)).rejects.toMatchObject({ code: 'STATE_INVALID' })
    await (await openAgentLog(log)).close()
  })

  it.each([
    ['another bundle', 1, '', 'TEAM_INVALID'],
    ['evidence that is none', 0, 'none\n', 'LOG_INVALID'],
  ])('gives its folder back as an enforcer with %s', async (_, run, evidence, code) => {
    const out = join(folder.path, `out-${run}`)
    mkdirSync(out)
    writeFileSync(join(out, 'evidence.jsonl'), evidence)
    const output = { format: 'vigil', envelope: 'none', quarantineOf: 'object', isShadow: false } as const
    const command = {
      ...{ team: team('team.json'), key: team('enforcer.key'), runs: [runs[run]], out, deadlineMs: 1000, waitMs: 1 },
      ...({ onError: 'stop', input: 'follows', source: { kind: 'stdin' }, output, sink: null } as const),
    }
    await expect(runEnforcer(command, never, () => undefined)).rejects.toMatchObject({ code })
    await (await openEnforcerFolder(out, { known: epochs, teamAt: () => epochs[0].team })).close()
  })
})

describe('an enforcer', () => {
  it('tells which agents of the epoch are not connected, and why', async () => {
    const own = await openEnforcerEpochs([epochs[0]], { key: team('enforcer.key'), onFrame: () => undefined })
    const { agents } = epochs[0].manifest
    expect(own.away(0)).toEqual([])
    own.connect(0)
    // Whoever is there by chance shows another certificate.
    const told = agents.map(({ address }, agent) => expect.stringMatching(`^agent ${agent} at ${address} \\((?!not)`))
    await expect.poll(() => own.away(0)).toEqual(told)
    own.close()
  })
})

describe('the next epoch of a team', () => {
  /** A folder with the manifest of the first epoch. */
  function alone(name: string): string {
    const path = join(folder.path, name, 'team.json')
    mkdirSync(join(folder.path, name))
    writeFileSync(path, readFileSync(team('team.json')))
    return path
  }

  it('leaves no file where its manifest may not follow', async () => {
    const first = alone('alone')
    const next = { run: runs[0], from: null, at: 10, viewMs: null }
    const addresses = epochs[0].manifest.agents.map(({ address }) => address)
    const files = [fileOfEpoch(first, 1), join(folder.path, 'alone', 'agent-0.1.key')]
    await expect(rotateTeam(first, { ...next, addressesIn: () => addresses }, () => undefined)).rejects.toMatchObject({
      code: 'SUCCESSOR',
    })
    for (const file of files) expect(() => readFileSync(file)).toThrow('ENOENT')
    const others = addresses.map((address) => address.replace(':74', ':75'))
    await rotateTeam(first, { ...next, addressesIn: () => others }, () => undefined)
    for (const file of files) expect(readFileSync(file).length).toBeGreaterThan(0)
  })

  it('has another bundle only where that reads events as the one before', async () => {
    const next = { at: 30, viewMs: null, addressesIn: () => epochs[0].manifest.agents.map(({ address }) => address) }
    const first = alone('reading')
    const rotated = async (run: string, from: string | null) =>
      await rotateTeam(first, { ...next, run, from }, () => undefined)
    for (const from of [null, runs[1]]) {
      await expect(rotated(runs[1], from)).rejects.toMatchObject({
        message: expect.stringContaining('Give the run of that as --from'),
      })
    }
    const reads = async (change: (pipeline: FeaturePipeline) => FeaturePipeline) => {
      const { bundle } = drawn
      await writeBundle(runs[1], { ...bundle, pipeline: change(bundle.pipeline) })
      await rotated(runs[1], runs[0])
    }
    const stream = (reading: FeaturePipeline['reading']) =>
      reading && { ...reading, stream: reading.stream.toReversed().slice(1) }
    await expect(reads((pipeline) => ({ ...pipeline, reading: stream(pipeline.reading) }))).rejects.toMatchObject({
      code: 'TEAM_INVALID',
      message: expect.stringContaining('time, streams or keys in another way'),
    })
    const [column, ...rest] = drawn.bundle.pipeline.columns
    const renamed = { ...column, source: 'another' }
    await expect(reads((pipeline) => ({ ...pipeline, columns: [renamed, ...rest] }))).rejects.toMatchObject({
      code: 'TEAM_INVALID',
      message: expect.stringContaining('also the columns another'),
    })
    // Lines that were verdicts would be events, and stop the enforcer.
    const responding = { mode: 'stream', lstmHidden: [], response: DEFAULT_RESPONSE } as const
    const hearing = await drawnTeam(describedRequest(folder), responding)
    await hearing.close()
    await writeBundle(runs[1], hearing.bundle)
    await expect(rotated(runs[1], runs[0])).rejects.toMatchObject({
      code: 'TEAM_INVALID',
      message: expect.stringContaining('The new bundle reads verdicts between events.'),
    })
  })
})
