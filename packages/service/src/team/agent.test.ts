import { CHAIN_BEGIN, type Durable, decodeEnvelope, settingsOfLink } from '@vigil/agreement'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { type AgentEpoch, type AgentOptions, TeamAgent } from './agent.ts'
import type { AgentLog } from './agent-log.ts'
import { type AgentVoter, createAgentVoter } from './agent-voter.ts'
import { type AgreedBatch, agreedChain, alertingVoter, next, signs, team } from './agreed-batch.fixture.ts'
import type { Member } from './connections.ts'
import { encodeBatch, type Frame, numbered, readNumbered } from './frames.ts'

afterEach(() => {
  vi.useRealTimers()
})

const chain = agreedChain([['[1,{}]'], ['[2,{}]'], ['[3,{}]']])

function batchFrame({ place, events, committed }: AgreedBatch, isDecided: boolean): Frame {
  const content = { ...place, events, committed: isDecided ? committed : new Uint8Array(0) }
  return { kind: 'batch', content: encodeBatch(content) }
}

/** What agent 1 is in the one epoch that there is. */
const epochWith = (voter: AgentVoter = alertingVoter): AgentEpoch => ({
  ...{ team, batchRows: 8, viewMs: 1000, sign: signs[1], voter },
})

/** Agent 1 with what it sends and stores. */
function agentWith(changes: Partial<AgentOptions> = {}) {
  const sent: { to: Member; kind: string; batch: number; epoch: number }[] = []
  const stored: { batch: number; durable: Durable }[] = []
  const alarms: string[] = []
  const agent = new TeamAgent({
    ...{ self: 1, epochAt: () => epochWith(), firstBatch: 0, pledges: () => [] },
    log: {
      remembered: null,
      async store({ domain }, durable) {
        stored.push({ batch: domain.batch, durable })
      },
      close: async () => undefined,
    },
    place: { batch: 0, firstRow: 0, previous: CHAIN_BEGIN },
    send: (to, { kind, content }, epoch) => sent.push({ to, kind, batch: readNumbered(content)!.batch, epoch }),
    isPastDue: () => false,
    keepPast: async () => undefined,
    alarm: (text) => alarms.push(text),
    ...changes,
  })
  onTestFinished(() => agent.close())
  const wants = () => sent.filter(({ kind }) => kind === 'want').map(({ batch }) => batch)
  return { agent, sent, stored, alarms, wants }
}

describe('an agent of a team', () => {
  it('asks for the batch that it is in when the enforcer comes back, and takes its certificate with the batch', async () => {
    const { agent, wants } = agentWith()
    agent.take('enforcer', batchFrame(chain[0], false))
    await vi.waitFor(() => expect(wants()).toEqual([]))
    agent.greet()
    await vi.waitFor(() => expect(wants()).toEqual([0]))
    agent.take('enforcer', batchFrame(chain[0], true))
    await vi.waitFor(() => expect(wants()).toEqual([0, 1]))
  })

  it('asks for the batch that it is in where others are in later ones: its certificate was lost', async () => {
    vi.useFakeTimers()
    const { agent, wants } = agentWith()
    agent.take('enforcer', batchFrame(chain[0], false))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(wants()).toEqual([])
    agent.take(2, { kind: 'message', content: numbered(2, Uint8Array.of(1)) })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(wants()).toEqual([0])
  })

  it('never replaces what its log has of a batch by what it knows of an earlier one', async () => {
    const last = settingsOfLink(team, { ...chain[2].place, rows: 1, events: chain[2].certificate.link!.events })
    const kept: number[] = []
    const { agent, stored, wants } = agentWith({
      log: {
        remembered: {
          epoch: 0,
          batch: 2,
          mayHaveCommitted: () => false,
          run: last.domain.run,
          durable: () => expect.unreachable(),
        },
        store: async ({ domain }, durable) => void stored.push({ batch: domain.batch, durable }),
        close: async () => undefined,
      },
      isPastDue: () => true,
      keepPast: async ({ batch }) => void kept.push(batch),
    })
    agent.take('enforcer', batchFrame(chain[0], true))
    await vi.waitFor(() => expect(wants()).toEqual([1]))
    agent.take('enforcer', batchFrame(chain[1], true))
    await vi.waitFor(() => expect(wants()).toEqual([1, 2]))
    expect(kept).toEqual([0, 1])
    expect(stored).toEqual([])
  })

  it('refuses a batch with an event that is none, and takes the right one', async () => {
    const folder = eventsFolder()
    onTestFinished(folder.remove)
    const drawn = await drawnTeam(describedRequest(folder), { lstmHidden: [] })
    await drawn.close()
    const voter = await createAgentVoter(drawn.bundle, 1, 8)
    const before = JSON.stringify(voter.save())
    const { agent, sent, alarms } = agentWith({ epochAt: () => epochWith(voter) })
    const ended = vi.fn()
    agent.ended.then(ended, ended)
    const event = JSON.stringify([1, { ts: '2030-01-01T00:00:00Z', host: 'h1', proto: 'tcp', bytes: 3, port: 1 }])
    for (const events of [
      [event, '{'],
      [event, '[2,{"bytes":null}]'],
      [event, '[2,7]'],
    ]) {
      agent.take('enforcer', batchFrame({ ...chain[0], events }, false))
    }
    await vi.waitFor(() => expect(alarms.length).toBe(3))
    expect(alarms.every((text) => text.startsWith('Batch 0 is refused: '))).toBe(true)
    expect(JSON.stringify(voter.save())).toBe(before)
    expect([sent, ended.mock.calls]).toEqual([[], []])
    agent.take('enforcer', batchFrame({ ...chain[0], events: [event] }, false))
    await vi.waitFor(() => expect(sent[0]).toMatchObject({ kind: 'message', batch: 0 }))
  })

  it('keeps room for messages that come early, also while it is given batches that are decided', async () => {
    const message: Frame = { kind: 'message', content: numbered(1, new Uint8Array(2 ** 22)) }
    const early: Frame = { kind: 'message', content: numbered(2, chain[2].committed) }
    const { agent, wants } = agentWith()
    agent.take(2, message)
    for (const batch of [0, 1]) agent.take('enforcer', batchFrame(chain[batch], true))
    agent.take(2, early)
    await vi.waitFor(() => expect(wants()).toEqual([1, 2]))
    agent.take('enforcer', batchFrame(chain[2], false))
    await vi.waitFor(() => expect(wants()).toEqual([1, 2, 3]))
  })
})

describe('an agent whose team goes over into another epoch', () => {
  const twice = agreedChain([['[1,{}]'], ['[2,{}]'], ['[3,{}]']], 1)
  const later: AgentEpoch = { ...epochWith(), team: next.team, sign: next.signs[1] }
  const epochAt = (batch: number) => (batch < 1 ? epochWith() : later)
  const voting = () => {
    const vote = vi.fn(alertingVoter.vote)
    return { vote, voter: { ...alertingVoter, vote } }
  }

  /** Of an agent that has signed last in a batch of epoch 0. */
  const logUpTo = (batch: number): AgentLog => ({
    remembered: {
      ...{ epoch: 0, batch, run: 'ab'.repeat(32) },
      mayHaveCommitted: () => expect.unreachable(),
      durable: () => expect.unreachable(),
    },
    store: async () => undefined,
    close: async () => undefined,
  })

  it('begins a batch anew where it turns out to be of the later epoch, and votes on it once', async () => {
    const { vote, voter } = voting()
    let known = (_: number): AgentEpoch => epochWith(voter)
    const { agent, sent, wants } = agentWith({
      epochAt: (batch) => known(batch),
      log: logUpTo(0),
      place: twice[1].place,
    })
    agent.take('enforcer', batchFrame(twice[1], false))
    await vi.waitFor(() => expect(sent.some(({ kind, epoch }) => kind === 'message' && epoch === 0)).toBe(true))
    known = (batch) => (batch < 1 ? epochWith(voter) : { ...later, voter })
    agent.look()
    await vi.waitFor(() => expect(wants()).toEqual([1]))
    agent.take('enforcer', batchFrame(twice[1], false))
    await vi.waitFor(() => expect(sent.filter(({ epoch }) => epoch === 1).map(({ kind }) => kind)).toContain('message'))
    agent.take('enforcer', batchFrame(twice[1], true))
    await vi.waitFor(() => expect(wants()).toEqual([1, 2]))
    expect(vote.mock.calls.length).toBe(1)
  })

  it('takes no part in the batch with which a successor begins that it has signed, but takes its certificate', async () => {
    const { agent, sent, stored, wants } = agentWith({ pledges: () => [{ epoch: 0, batch: 1 }] })
    const [first, second] = chain
    agent.take('enforcer', batchFrame(first, true))
    agent.take('enforcer', batchFrame(second, false))
    agent.look()
    await vi.waitFor(() => expect(wants()).toEqual([1, 1]))
    expect([stored, sent.filter(({ kind }) => kind === 'message')]).toEqual([[], []])
    agent.take('enforcer', batchFrame(second, true))
    await vi.waitFor(() => expect(wants()).toEqual([1, 1, 2]))
    agent.take('enforcer', batchFrame(chain[2], false))
    await vi.waitFor(() => expect(sent.some(({ kind, batch }) => kind === 'message' && batch === 2)).toBe(true))
  })

  it.each([4, 5])(
    'sends nothing of the old epoch that is not in its log, given %d messages and the epoch in one turn',
    async (count) => {
      let isOver = false
      const did: string[] = []
      const forOne: { from: number; frame: Frame }[] = []
      const batch = batchFrame(chain[0], false)
      const agents = [0, 1, 2, 3].map((self) => {
        const old = { ...epochWith(), sign: signs[self] }
        const { agent } = agentWith({
          self,
          epochAt: () => (self === 1 && isOver ? later : old),
          log: {
            remembered: null,
            store: async (_, { voted }) => void (self === 1 && did.push(`stored ${voted.prepare} ${voted.commit}`)),
            close: async () => undefined,
          },
          send(to, frame) {
            if (self === 1 && frame.kind === 'message') did.push('sent')
            if (to === 1) forOne.push({ from: self, frame })
            else if (typeof to === 'number') agents[to].take(self, frame)
          },
        })
        return agent
      })
      for (const agent of agents) agent.take('enforcer', batch)
      // Enough for the vote for a commit, where nothing is lost.
      await vi.waitFor(() => expect(forOne.length).toBeGreaterThanOrEqual(6))
      did.length = 0
      // The first one is at work when the others come.
      agents[1].greet()
      for (const { from, frame } of forOne.slice(0, count)) agents[1].take(from, frame)
      isOver = true
      agents[1].look()
      await new Promise((resolve) => setImmediate(resolve))
      await new Promise((resolve) => setImmediate(resolve))
      expect(
        did.filter((text, i) => text === 'sent' && !did.slice(0, i).some((one) => one.startsWith('stored'))),
      ).toEqual([])
    },
  )

  it('leaves a batch that it is in where a successor turns out to begin there that it has signed', async () => {
    const pledges: { epoch: number; batch: number }[] = []
    const { agent, sent, alarms, wants } = agentWith({ pledges: () => pledges })
    agent.take('enforcer', batchFrame(chain[0], false))
    await vi.waitFor(() => expect(sent.some(({ kind }) => kind === 'message')).toBe(true))
    pledges.push({ epoch: 0, batch: 0 })
    agent.look()
    await vi.waitFor(() => expect(wants()).toEqual([0]))
    sent.length = 0
    agent.take('enforcer', batchFrame(chain[0], false))
    agent.take('enforcer', batchFrame(chain[0], true))
    await vi.waitFor(() => expect(wants()).toEqual([1]))
    expect([sent.filter(({ kind }) => kind === 'message'), alarms]).toEqual([[], []])
  })

  it('learns from certificates what a team has decided that it was none of, and believes no others', async () => {
    const { vote, voter } = voting()
    const before: AgentEpoch = { ...epochWith(voter), sign: null }
    const { agent, alarms, sent, wants } = agentWith({
      epochAt: (batch) => (batch < 1 ? before : { ...later, voter }),
      firstBatch: 1,
    })
    agent.take('enforcer', batchFrame(twice[0], false))
    agent.take('enforcer', batchFrame({ ...twice[0], committed: chain[1].committed }, true))
    await vi.waitFor(() => expect(alarms).toEqual([expect.stringMatching(/certificate that does not hold/)]))
    expect(wants()).toEqual([])
    agent.take('enforcer', batchFrame(twice[0], true))
    await vi.waitFor(() => expect(wants()).toEqual([1]))
    agent.take('enforcer', batchFrame(twice[1], false))
    await vi.waitFor(() => expect(sent.some(({ kind, batch }) => kind === 'message' && batch === 1)).toBe(true))
    expect(vote.mock.calls.length).toBe(2)
  })

  it('takes part in the first batch of an epoch though its log ends before, and is of the epoch before', async () => {
    const { agent, sent, alarms } = agentWith({ epochAt, log: logUpTo(1), place: twice[1].place })
    agent.take('enforcer', batchFrame(twice[1], false))
    await vi.waitFor(() => expect(sent.some(({ kind, batch }) => kind === 'message' && batch === 1)).toBe(true))
    expect(alarms).toEqual([])
  })
})

describe('an agent that is to sign a successor', () => {
  const later: AgentEpoch = { ...epochWith(), team: next.team, sign: next.signs[1] }
  /** Epoch 1 begins with batch 8. */
  const epochAt = (batch: number) => (batch < 8 ? epochWith() : later)
  const standingAt = (batch: number) => ({ batch, firstRow: batch, previous: CHAIN_BEGIN })

  /** Of an agent that has signed last in a batch, where it may have voted for a commit, or not. */
  const logAt = (epoch: number, batch: number, hasCommitted: boolean): AgentLog => ({
    remembered: {
      ...{ epoch, batch, run: 'ab'.repeat(32) },
      mayHaveCommitted: () => hasCommitted,
      durable: () => expect.unreachable(),
    },
    store: async () => undefined,
    close: async () => undefined,
  })

  /** Whether the agent is bound, by what it says and by what it has done. */
  async function bound(agent: TeamAgent, made: { readonly epoch: number; readonly batch: number }) {
    const bind = vi.fn()
    const said = await agent.pledge(made, bind)
    return [said, bind.mock.calls.length]
  }
  const BOUND = [true, 1]
  const FREE = [false, 0]

  it.each([
    // Begun again it stands far behind its log, in the epoch that is signed for or in one before.
    ['a vote there, as it stands in the same epoch', 1, logAt(1, 20, true), standingAt(9), FREE],
    ['a vote there, as it stands in the epoch before', 1, logAt(1, 20, true), standingAt(0), FREE],
    ['something behind it, as it stands in the epoch before', 1, logAt(1, 25, false), standingAt(0), FREE],
    ['no vote there, as it stands in the epoch before', 1, logAt(1, 20, false), standingAt(0), BOUND],
    ['a vote in a batch before', 1, logAt(1, 19, true), standingAt(0), BOUND],
    ['a vote there, but in the epoch before', 1, logAt(0, 20, true), standingAt(9), BOUND],
  ] as const)('signs by its log: %s', async (_, epoch, log, place, expected) => {
    const { agent } = agentWith({ epochAt, log, place })
    expect(await bound(agent, { epoch, batch: 20 })).toEqual(expected)
  })

  it('does not behind its beginning, nor where its log is an old one', async () => {
    const ahead = agentWith({ place: standingAt(3), log: logAt(0, 2, false) })
    expect(await bound(ahead.agent, { epoch: 0, batch: 2 })).toEqual(FREE)
    expect(await bound(ahead.agent, { epoch: 0, batch: 3 })).toEqual(BOUND)
    const old = agentWith({ place: standingAt(3), log: logAt(0, 1, false) })
    expect(await bound(old.agent, { epoch: 0, batch: 9 })).toEqual(FREE)
  })

  it('does not in a batch in which it has voted for a commit, or only observes, but does in one that it is in', async () => {
    const [given] = chain
    const voting = agentWith({ epochAt: () => ({ ...epochWith(), viewMs: 1e6 }) })
    voting.agent.take('enforcer', batchFrame(given, false))
    await vi.waitFor(() => expect(voting.stored.length).toBeGreaterThan(0))
    expect(await bound(voting.agent, { epoch: 0, batch: 0 })).toEqual(BOUND)
    // Agent 1 is not told what was agreed on, and so is in its batch still when it has voted for the commit.
    const agreed: number[] = []
    const hasCommitted = ({ durable }: { readonly durable: Durable }) => durable.voted.commit !== -1
    const agents: ReturnType<typeof agentWith>[] = [0, 1, 2, 3].map((self) =>
      agentWith({
        self,
        epochAt: () => ({ ...epochWith(), sign: signs[self], viewMs: 1e6 }),
        send(to, frame) {
          if (frame.kind === 'want') agreed.push(self)
          if (typeof to !== 'number') return
          const sent = decodeEnvelope(readNumbered(frame.content)!.bytes, { agentCount: 4, rows: 1 })
          const isKeptBack = to === 1 && 'message' in sent && sent.message.type === 'committed'
          if (!isKeptBack) agents[to].agent.take(self, frame)
        },
      }),
    )
    for (const { agent } of agents) agent.take('enforcer', batchFrame(given, false))
    await vi.waitFor(() => expect(agents[1].stored.some(hasCommitted)).toBe(true))
    await vi.waitFor(() => expect(agreed.toSorted()).toEqual([0, 2, 3]))
    expect(await bound(agents[1].agent, { epoch: 0, batch: 0 })).toEqual(FREE)
    expect(agreed).not.toContain(1)
    expect(await bound(agents[1].agent, { epoch: 0, batch: 1 })).toEqual(BOUND)
    // The log knows the batch with other events.
    const observing = agentWith({ log: logAt(0, 0, false) })
    expect(await bound(observing.agent, { epoch: 0, batch: 0 })).toEqual(BOUND)
    observing.agent.take('enforcer', batchFrame(given, false))
    await vi.waitFor(() => expect(observing.alarms.length).toBe(1))
    expect(await bound(observing.agent, { epoch: 0, batch: 0 })).toEqual(FREE)
  })

  it('says that it has ended, and ends when what it has begun is done', async () => {
    const store = Promise.withResolvers<void>()
    const { agent } = agentWith({
      log: { remembered: null, store: async () => await store.promise, close: async () => undefined },
    })
    agent.take('enforcer', batchFrame(chain[0], false))
    await new Promise((resolve) => setImmediate(resolve))
    const bind = vi.fn()
    const asked = agent.pledge({ epoch: 0, batch: 5 }, bind)
    agent.close()
    const ended = vi.fn()
    agent.ended.then(ended)
    await new Promise((resolve) => setImmediate(resolve))
    expect(ended).not.toHaveBeenCalled()
    store.resolve()
    await agent.ended
    expect([await asked, bind.mock.calls.length]).toEqual([null, 0])
  })
})
