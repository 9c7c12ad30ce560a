import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Durable, ed25519Sign, signReadiness } from '@vigil/agreement'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openAgentLog } from './agent-log.ts'
import { agreedChain } from './agreed-batch.fixture.ts'
import { proposedEpoch, readEpochs } from './epoch-files.ts'
import { writeSignature } from './epoch-signatures.ts'
import { type Pledge, shownPledge } from './pledges.ts'
import { addProofs, rivalEvidence } from './rival-evidence.ts'
import { signEpoch, signIfAsked, signNextEpoch } from './sign-epoch.ts'
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
  for (const agent of [0, 1, 2]) await ready(agent)
}

/** A new agent shows that it holds the key of a file. */
async function ready(agent: number, key = `agent-${agent}.1.key`): Promise<void> {
  const file = fileOfEpoch(path, 1)
  const next = await readTeam(file)
  const { signing } = await readKeys(join(folder, key))
  await writeSignature(file, 'ready', { next, agent, signature: signReadiness(next, ed25519Sign(signing!)) })
}

async function sign(agent: number): Promise<string> {
  const before = await readTeam(path)
  const next = (await proposedEpoch(path, [before]))!
  const keys = await readKeys(join(folder, `agent-${agent}.key`))
  const log = join(folder, `log-${agent}`)
  return await signEpoch({ file: fileOfEpoch(path, 1), before, next }, { agent, sign: ed25519Sign(keys.signing!), log })
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
    for (const agent of [0, 1, 2]) await ready(agent)
    await expect(proposedEpoch(path, [before])).rejects.toMatchObject({ code: 'SUCCESSOR' })
    for (const agent of [0, 1, 2]) {
      const { signing } = await readKeys(join(folder, `agent-${agent}.key`))
      const log = join(folder, `log-${agent}`)
      const file = fileOfEpoch(path, 1)
      await signEpoch({ file, before, next }, { agent, sign: ed25519Sign(signing!), log })
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

describe('a successor whose new agents have not shown that they hold their keys', () => {
  it('is signed by nobody, whoever else signs in their place', async () => {
    rmSync(join(folder, 'team.1.ready-1.json'))
    const refused = { code: 'SUCCESSOR_UNREADY', message: expect.stringContaining('1 agent more of epoch 1') }
    await expect(sign(0)).rejects.toMatchObject(refused)
    await ready(1, 'agent-1.key')
    await expect(sign(0)).rejects.toMatchObject(refused)
    await ready(3)
    expect(await sign(0)).toBe(signatureOf(0))
  })
})

describe('an agent at work that is asked to sign a successor', () => {
  const self = () => ({ team: path, agent: 0, key: join(folder, 'agent-0.key'), log: join(folder, 'log-0') })
  /** Holds the folder as an agent at work, and looks as that does. */
  async function atWork(look: () => Promise<void>) {
    const log = await openAgentLog(join(folder, 'log-0'))
    let isEnding = false
    const looks = (async () => {
      for (; !isEnding; await setTimeout(5)) await look()
    })()
    return async () => {
      isEnding = true
      await looks
      await log.close()
    }
  }

  it('is bound before its signature is there, and says why where it cannot be', async () => {
    const made: Pledge[] = []
    let isFree = false
    const events: string[] = []
    const pledge = async (one: Pledge) => {
      events.push(readdirSync(folder).includes('team.1.agent-0.json') ? 'signed' : 'not signed')
      if (isFree) made.push(one)
      return isFree
    }
    const before = await readTeam(path)
    const end = await atWork(async () => await signIfAsked(self(), [before], { pledges: made, place: AT, pledge }))
    try {
      await expect(signNextEpoch(path, self(), note)).rejects.toMatchObject({
        code: 'SUCCESSOR_LATE',
        message: expect.stringContaining('may have voted in batch 2, with which the successor begins'),
      })
      isFree = true
      expect(await signNextEpoch(path, self(), note)).toEqual({ file: signatureOf(0), epoch: 1, batch: AT })
      expect(events).toEqual(['not signed', 'not signed'])
      const { team } = await readTeam(fileOfEpoch(path, 1))
      expect(made).toEqual([{ epoch: 0, batch: AT, manifest: team.id }])
      expect(JSON.parse(readFileSync(join(folder, 'log-0', 'successor.json'), 'utf8'))).toEqual(made[0])
      // Another one is refused by what it has signed.
      await propose(AT + 3)
      await expect(signNextEpoch(path, self(), note)).rejects.toMatchObject({
        message: expect.stringContaining('has signed another successor of epoch 0, which begins with batch 2'),
      })
    } finally {
      await end()
    }
  })

  it('signs once, and not for who waits no more', async () => {
    const before = await readTeam(path)
    const { team } = await readTeam(fileOfEpoch(path, 1))
    const pledge = vi.fn(async () => true)
    const look = async () => await signIfAsked(self(), [before], { pledges: [], place: AT, pledge })
    // Whoever asked was ended.
    const asked = (until: number) =>
      writeFileSync(join(folder, 'log-0', 'sign.json'), JSON.stringify({ agent: 0, manifest: team.id, until }))
    asked(Date.now() - 1)
    await look()
    expect(pledge).not.toHaveBeenCalled()
    asked(Date.now() + 60_000)
    await look()
    rmSync(signatureOf(0))
    await look()
    expect(pledge).toHaveBeenCalledOnce()
    expect(readdirSync(folder)).not.toContain('team.1.agent-0.json')
  })

  it('does not where another agent is meant, and tells where its signature is where the command has another folder', async () => {
    mkdirSync(join(folder, 'elsewhere'))
    for (const name of readdirSync(folder).filter((file) => file.startsWith('team')))
      cpSync(join(folder, name), join(folder, 'elsewhere', name))
    const before = await readTeam(path)
    const pledge = vi.fn(async () => true)
    const own = { ...self(), team: join(folder, 'elsewhere', 'team.json') }
    const end = await atWork(async () => await signIfAsked(own, [before], { pledges: [], place: AT, pledge }))
    try {
      const other = { ...self(), agent: 1, key: join(folder, 'agent-1.key') }
      await expect(signNextEpoch(path, other, note)).rejects.toMatchObject({
        code: 'SUCCESSOR_LATE',
        message: expect.stringMatching(/log-0 is the folder of agent 0\. Give each agent its own/),
      })
      expect(pledge).not.toHaveBeenCalled()
      const { file } = await signNextEpoch(path, self(), note)
      expect(file).toBe(join(folder, 'elsewhere', 'team.1.agent-0.json'))
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ agent: 0 })
    } finally {
      await end()
    }
  })

  it('is not waited for where the folder is taken by nobody, and cannot be locked', async () => {
    mkdirSync(join(folder, 'log-0', '.lock'))
    await expect(signNextEpoch(path, self(), note)).rejects.toMatchObject({
      code: 'LOG_UNWRITABLE',
      message: expect.stringContaining('log-0 cannot be locked'),
    })
  })
})

describe('two successors with signatures of one agent', () => {
  it('are evidence against it, from whichever folders they come', async () => {
    await sign(0)
    await sign(1)
    mkdirSync(join(folder, 'found'))
    const rival = join(folder, 'found', 'team.1.json')
    for (const name of readdirSync(folder).filter((file) => /^team\.1\.(json|agent)/.test(file)))
      cpSync(join(folder, name), join(folder, 'found', name))
    for (const agent of [0, 1]) rmSync(signatureOf(agent))
    await propose(AT)
    expect((await rivalEvidence(path, rival, note)).agents).toEqual([])
    // Its folder from before lets agent 0 sign again.
    rmSync(join(folder, 'log-0', 'successor.json'))
    await sign(0)
    await sign(2)
    const { agents, lines } = await rivalEvidence(path, rival, note)
    expect(agents).toEqual([0])
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ epoch: 0, batch: AT, agent: 0, first: expect.anything(), second: expect.anything() }),
    ])
    await expect(rivalEvidence(path, path, note)).rejects.toMatchObject({ code: 'TEAM_INVALID' })
    const out = join(folder, 'evidence.jsonl')
    const before = '{"epoch":0,"agent":3}'
    writeFileSync(out, `${before}\n`)
    for (let run = 0; run < 2; run++) await addProofs(out, lines)
    expect(readFileSync(out, 'utf8')).toBe([before, ...lines, ''].join('\n'))
  })

  it('are none where one is the other, or they begin with different batches: an honest agent may have signed both', async () => {
    const next = fileOfEpoch(path, 1)
    await expect(rivalEvidence(path, next, note)).rejects.toMatchObject({
      code: 'TEAM_INVALID',
      message: `${next} is the manifest of ${next}. Give another successor of the same epoch.`,
    })
    const rival = join(folder, 'rival.json')
    cpSync(next, rival)
    await propose(AT + 3)
    await expect(rivalEvidence(path, rival, note)).rejects.toMatchObject({
      code: 'TEAM_INVALID',
      message: expect.stringMatching(/begins with batch 2, and .* with batch 5: who signed both is proven nothing/),
    })
  })
})
