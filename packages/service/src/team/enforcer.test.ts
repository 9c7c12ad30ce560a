import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { agreedChain, next, team } from './agreed-batch.fixture.ts'
import { type CertificateLog, openCertificateLog, type TeamAt } from './certificate-log.ts'
import { openDecisionLog } from './decision-log.ts'
import { Enforcer, type Peer } from './enforcer.ts'
import { openEventLog } from './event-log.ts'
import { type Frame, numbered } from './frames.ts'

const later = agreedChain([['[1,{}]'], ['[2,{}]']], 1)
const chain = agreedChain([['[1,{}]'], ['[2,{}]'], ['[3,{}]']])

/** An enforcer with files of its own, and what it does. */
async function enforcerWith(
  changes: (certificates: CertificateLog) => Partial<CertificateLog> = () => ({}),
  teamAt: TeamAt = () => team,
  onEvidence: (line: string) => void = () => undefined,
  accused: readonly Peer[] = [],
  onIdle: (enforcer: Enforcer) => void = () => undefined,
) {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-enforcer-'))
  const events = await openEventLog(join(folder, 'events.log'), () => undefined)
  const file = await openCertificateLog(join(folder, 'certificates.bin'), teamAt, [team, next.team])
  const decisions = await openDecisionLog(join(folder, 'decisions.jsonl'))
  const did: string[] = []
  const certificates: CertificateLog = {
    get place() {
      return file.place
    },
    append: file.append,
    read: async (batch) => {
      did.push(`read ${batch}`)
      return await file.read(batch)
    },
    close: file.close,
    ...changes(file),
  }
  const enforcer: Enforcer = new Enforcer({
    ...{ teamAt, events, certificates, decisions, deadlineMs: 1e6, clock: () => 0 },
    faultsOf: (epoch) => [team, next.team][epoch].faults,
    send: ({ agent }, { kind }) => did.push(`${kind} to ${agent}`),
    onIdle: () => onIdle(enforcer),
    accused,
    evidence: async (line) => onEvidence(line),
    onLines: (lines) => void did.push(...lines.map((line) => `line ${JSON.parse(line).id}`)),
    alarm: (text) => did.push(text),
    onLate: (batch) => did.push(`late ${batch}`),
  })
  onTestFinished(async () => {
    await enforcer.close()
    await Promise.all([events.close(), file.close(), decisions.close()])
    rmSync(folder, { recursive: true })
  })
  const committed = (batch: number): Frame => ({ kind: 'committed', content: numbered(batch, chain[batch].committed) })
  return { enforcer, did, events, committed }
}

const of = (agent: number) => ({ epoch: 0, agent })
const want = (batch: number): Frame => ({ kind: 'want', content: numbered(batch) })

describe('an enforcer', () => {
  it('does little for an agent that floods it, and the others have their turn', async () => {
    const { enforcer, did, committed } = await enforcerWith()
    for (const { events } of chain) enforcer.gather({ events, line: 1, taken: [] }, 0)
    enforcer.take(of(0), committed(0))
    await enforcer.close()
    did.length = 0
    for (let i = 0; i < 200; i++) {
      enforcer.take(of(3), want(0))
      enforcer.take(of(3), { kind: 'committed', content: numbered(1, Uint8Array.of(i)) })
      enforcer.take(of(3), { kind: 'evidence', content: numbered(0, Uint8Array.of(i)) })
    }
    enforcer.take(of(0), want(1))
    enforcer.take(of(1), committed(1))
    await enforcer.close()
    expect(did.filter((text) => text === 'batch to 3').length).toBe(1)
    expect(did.filter((text) => text.startsWith('Agent 3 shows')).length).toBe(1)
    // One for the batch that it wants, and one for each of four that it may blame.
    expect(did.filter((text) => text === 'read 0').length).toBe(5)
    expect(did).toContain('batch to 0')
    expect(did).toContain('line 2')
  })

  it('tells once of an agent that says it has the past of another folder, and what to do where more say so than may lie', async () => {
    const { enforcer, did } = await enforcerWith()
    enforcer.gather({ events: chain[0].events, line: 1, taken: [] }, 0)
    enforcer.take(of(0), want(1))
    for (let i = 0; i < 3; i++) enforcer.take(of(1), want(7))
    // One of another epoch does not count among these.
    enforcer.take({ epoch: 1, agent: 2 }, want(7))
    enforcer.take(of(2), want(7))
    await enforcer.close()
    const says = (agent: number) => `Agent ${agent} says that it waits for batch 7, and 1 batch was gathered here`
    expect(did).toEqual([
      `${says(1)}: its log is of another --out, or it lies.`,
      `${says(2)}: its log is of another --out, or it lies.`,
      expect.stringMatching(new RegExp(`^${says(2)}\\. 2 agents say so, more than may lie: .*new team`)),
    ])
  })

  it('tells what to do where more agents than may lie are of an epoch that its folder has not come to', async () => {
    const { enforcer, did } = await enforcerWith()
    for (const agent of [0, 1]) enforcer.take({ epoch: 1, agent }, want(7))
    await enforcer.close()
    expect(did).toEqual([
      expect.stringMatching(/^Agent 0 .*, or it lies\.$/),
      expect.stringMatching(/^Agent 1 .*\. 2 agents say so, more than may lie: /),
    ])
    const past = await enforcerWith(undefined, () => next.team)
    for (const agent of [0, 1]) past.enforcer.take(of(agent), want(7))
    await past.enforcer.close()
    expect(past.did).toEqual([0, 1].map(() => expect.stringMatching(/, or it lies\.$/)))
  })

  it('gives out what was gathered meanwhile before it answers what has a certificate, and answers it before it ends', async () => {
    const gathered = [chain[1].events]
    const { enforcer, did, committed } = await enforcerWith(undefined, undefined, undefined, undefined, (own) => {
      for (const events of gathered.splice(0)) own.gather({ events, line: 2, taken: [] }, 0)
    })
    enforcer.gather({ events: chain[0].events, line: 1, taken: [] }, 0)
    enforcer.take(of(1), want(1))
    enforcer.take(of(0), committed(0))
    await enforcer.close()
    // Agents that have not asked for what comes next get the certificate at last.
    expect(did.slice(-4)).toEqual(['batch to 1', 'line 1', 'committed to 2', 'committed to 3'])
  })

  it('gives the open batch anew where its epoch turns out to be another, and acts on the certificate of that', async () => {
    let known = () => team
    const { enforcer, did } = await enforcerWith(
      () => ({}),
      (batch) => (batch === 0 ? team : known()),
    )
    for (const { events } of later) enforcer.gather({ events, line: 1, taken: [] }, 0)
    enforcer.take(of(0), { kind: 'committed', content: numbered(0, later[0].committed) })
    enforcer.take(of(0), want(1))
    await enforcer.close()
    expect(did.slice(0, 2)).toEqual(['batch to 0', 'line 1'])
    const second: Frame = { kind: 'committed', content: numbered(1, later[1].committed) }
    enforcer.take(of(0), second)
    await enforcer.close()
    expect(did.at(-1)).toMatch(/^Agent 0 shows a certificate of batch 1 that does not hold/)
    await enforcer.enter({ team: next.team, first: 1 }, () => {
      known = () => next.team
    })
    enforcer.take({ epoch: 1, agent: 0 }, second)
    await enforcer.close()
    expect(did).toContain('line 2')
    expect(did.filter((text) => text.startsWith('committed to')).length).toBe(3 + 3)
  })

  it('shows who has signed two certificates of one batch, and does nothing by certificates any more', async () => {
    const evidence: { agent: number; batch: number }[] = []
    const { enforcer, did, committed } = await enforcerWith(undefined, undefined, (line) =>
      evidence.push(JSON.parse(line)),
    )
    for (const { events } of chain) enforcer.gather({ events, line: 1, taken: [] }, 0)
    enforcer.take(of(0), committed(0))
    enforcer.take(of(1), committed(0))
    await enforcer.close()
    expect(evidence).toEqual([])
    const [other] = agreedChain([['[1,{}]']], 1, 1)
    enforcer.take(of(2), { kind: 'committed', content: numbered(0, other.committed) })
    await expect(enforcer.failed).rejects.toMatchObject({ code: 'TEAM_BROKEN' })
    expect(did).toContain('Batch 0 has two certificates of different votes, which both hold.')
    // All four signed both ballots here, as all are played by this test.
    expect(evidence.map(({ agent, batch }) => [agent, batch])).toEqual([0, 1, 2, 3].map((agent) => [agent, 0]))
    enforcer.take(of(1), committed(1))
    await enforcer.close()
    expect(did).not.toContain('line 2')
  })

  it('takes the certificate of the next batch from an agent whose last one still waits', async () => {
    const { promise: written, resolve } = Promise.withResolvers<void>()
    const { enforcer, did, committed } = await enforcerWith((file) => ({
      async append(certificate) {
        await file.append(certificate)
        await written
      },
    }))
    for (const { events } of chain) enforcer.gather({ events, line: 1, taken: [] }, 0)
    for (const agent of [0, 1]) enforcer.take(of(agent), committed(0))
    await vi.waitFor(() => expect(enforcer.open.batches).toBe(chain.length - 1))
    enforcer.take(of(1), committed(1))
    resolve()
    await enforcer.close()
    expect(did).toContain('line 2')
  })

  it('compares a certificate that comes while another one of its batch is checked', async () => {
    const { enforcer, did, committed } = await enforcerWith()
    for (const { events } of chain) enforcer.gather({ events, line: 1, taken: [] }, 0)
    const [other] = agreedChain([['[1,{}]']], 1, 1)
    enforcer.take(of(0), committed(0))
    enforcer.take(of(1), { kind: 'committed', content: numbered(0, other.committed) })
    await enforcer.close()
    expect(did).toContain('Batch 0 has two certificates of different votes, which both hold.')
    await expect(enforcer.failed).rejects.toMatchObject({ code: 'TEAM_BROKEN' })
  })

  it.each<[string, number, number, readonly Peer[]]>([
    ['that should have decided what it has certified', 1, 2, []],
    ['that more of its signers than it bears have lied about', 2, 2, [of(1), of(3)]],
  ])('ends where it is shown a successor %s', async (_, first, certified, accused) => {
    let known = () => team
    const teamAt = (batch: number) => (batch < first ? team : known())
    const { enforcer, did, committed } = await enforcerWith(undefined, teamAt, undefined, accused)
    for (const { events } of chain) enforcer.gather({ events, line: 1, taken: [] }, 0)
    for (let batch = 0; batch < certified; batch++) {
      enforcer.take(of(0), committed(batch))
      await enforcer.close()
    }
    expect(did).toContain(`line ${certified}`)
    await enforcer.enter({ team: next.team, first }, () => {
      known = () => next.team
    })
    await expect(enforcer.failed).rejects.toMatchObject({ code: 'TEAM_BROKEN' })
    expect(known()).toBe(team)
  })

  it('goes on with no successor that has certified nothing, where its signers are proven to lie', async () => {
    const teamAt = (batch: number) => (batch < 2 ? team : next.team)
    const accused = [of(1), of(3)]
    const past = await enforcerWith(undefined, teamAt, undefined, accused)
    past.enforcer.resume()
    await expect(past.enforcer.failed).rejects.toMatchObject({ code: 'TEAM_BROKEN' })
    const open = await enforcerWith(undefined, () => next.team, undefined, accused)
    open.enforcer.resume([team])
    await expect(open.enforcer.failed).rejects.toMatchObject({ code: 'TEAM_BROKEN' })
    const sound = await enforcerWith(undefined, () => next.team, undefined, [of(1)])
    sound.enforcer.resume([team])
    sound.enforcer.gather({ events: chain[0].events, line: 1, taken: [] }, 0)
    sound.enforcer.take({ epoch: 1, agent: 0 }, want(0))
    await sound.enforcer.close()
    expect(sound.did).toEqual(['batch to 0'])
  })

  it('gives a certificate to no agent that has asked for what follows, also where that was given', async () => {
    const { enforcer, did, committed } = await enforcerWith()
    for (const { events } of chain) enforcer.gather({ events, line: 1, taken: [] }, 0)
    enforcer.take(of(0), committed(0))
    for (const agent of [0, 1, 2]) enforcer.take(of(agent), want(1))
    await enforcer.close()
    expect(did).toContain('batch to 2')
    expect(did.filter((text) => text.startsWith('committed to'))).toEqual(['committed to 3'])
  })

  it('does nothing behind what could not be stored', async () => {
    const full = new Error('no room')
    const { enforcer, did, events, committed } = await enforcerWith(() => ({ append: () => Promise.reject(full) }))
    enforcer.gather({ events: chain[0].events, line: 1, taken: [] }, 0)
    enforcer.take(of(0), committed(0))
    enforcer.gather({ events: chain[1].events, line: 2, taken: [] }, 0)
    await expect(enforcer.failed).rejects.toBe(full)
    enforcer.take(of(1), want(0))
    await enforcer.close()
    expect([did, events.batchCount]).toEqual([[], 1])
  })
})
