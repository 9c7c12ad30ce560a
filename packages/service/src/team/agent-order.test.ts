import { decodeEnvelope } from '@vigil/agreement'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { TeamAgent } from './agent.ts'
import { type AgreedBatch, agreedChain, alertingVoter, signs, team } from './agreed-batch.fixture.ts'
import { encodeBatch, type Frame, readNumbered } from './frames.ts'

const chain = agreedChain([['[1,{}]'], ['[2,{}]']])

function given({ place, events }: AgreedBatch): Frame {
  return { kind: 'batch', content: encodeBatch({ ...place, events, committed: new Uint8Array(0) }) }
}

describe('agents that agree', () => {
  /** Four agents, and what each does; what others send to one that is `late` waits until `release`. */
  function four() {
    const did: string[][] = [[], [], [], []]
    let late = 0
    const held: { from: number; frame: Frame }[] = []
    const agents: TeamAgent[] = [0, 1, 2, 3].map((self) => {
      const agent = new TeamAgent({
        ...{ self, firstBatch: 0, pledges: () => [], place: chain[0].place },
        epochAt: () => ({ team, batchRows: 8, viewMs: 1e6, sign: signs[self], voter: alertingVoter }),
        isPastDue: () => false,
        keepPast: async () => undefined,
        alarm: () => expect.unreachable(),
        log: {
          remembered: null,
          store: async ({ domain }, { voted }) => void did[self].push(`store ${domain.batch} ${voted.commit}`),
          close: async () => undefined,
        },
        send(to, frame) {
          const { batch, bytes } = readNumbered(frame.content)!
          if (to === 'enforcer') did[self].push(`${frame.kind} ${batch}`)
          else {
            const sent = decodeEnvelope(bytes, { agentCount: 4, rows: 1 })
            did[self].push(`send ${batch} ${'message' in sent && sent.message.type}`)
            if (to === late) held.push({ from: self, frame })
            else agents[to].take(self, frame)
          }
        },
      })
      onTestFinished(() => agent.close())
      return agent
    })
    /** In one turn, in which the agent is at work already. */
    const release = () => {
      agents[late].look()
      for (const { from, frame } of held.splice(0)) agents[late].take(from, frame)
    }
    const hold = (agent: number) => {
      late = agent
    }
    return { agents, did, hold, release }
  }

  it('store what they have signed before they show what came of it, and show it before they send it, once', async () => {
    const { agents, did, hold, release } = four()
    for (const batch of [0, 1]) {
      // Agent 0 leads in batch 0, and agent 1 in batch 1.
      const late = batch + 1
      hold(late)
      for (const agent of agents) agent.take('enforcer', given(chain[batch]))
      await vi.waitFor(() => {
        for (const [self, own] of did.entries()) if (self !== late) expect(own).toContain(`want ${batch + 1}`)
      })
      release()
      await vi.waitFor(() => expect(did[late]).toContain(`want ${batch + 1}`))
    }
    for (const own of did) {
      for (const batch of [0, 1]) {
        const shown = own.indexOf(`committed ${batch}`)
        expect(own.filter((text) => text === `committed ${batch}`).length).toBe(1)
        expect(own.slice(0, shown)).toContain(`store ${batch} 0`)
        expect(own.slice(shown).filter((text) => text.startsWith(`store ${batch}`))).toEqual([])
        expect(own.slice(0, shown)).not.toContain(`send ${batch} committed`)
      }
    }
    expect(did.flat().filter((text) => text.endsWith(' committed')).length).toBeGreaterThan(0)
  })
})
