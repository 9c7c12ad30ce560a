import { loadRecording } from '@vigil/data'
import type { RawEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decideStream } from './decide-stream.ts'
import { createDecider } from './decider.ts'
import { describedRequest, drawnTeam, eventsFolder } from './described-team.fixture.ts'
import { inputLines } from './input-lines.ts'
import type { RuleMode } from './live-rules.ts'
import { PLAIN_OUTPUT } from './output/decision-output.ts'
import { decideAgain } from './receipt.ts'

let folder: ReturnType<typeof eventsFolder>
let bundle: Bundle
let events: RawEvent[]
beforeAll(async () => {
  folder = eventsFolder()
  const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [8] })
  await team.close()
  const recording = await loadRecording(team.request)
  const formula = 'G (response_time_ms <= 100)'
  bundle = {
    ...{ ...team.bundle, pipeline: recording.pipeline },
    environment: { ...team.bundle.environment, specifications: [formula] },
    specifications: [{ name: 'response', formula, target: 0.9 }],
  }
  events = Array.from(recording.order.slice(0, 200), (row) => ({ ...recording.event(row), id: `e${row}` }))
})
afterAll(() => folder.remove())

const source = (text: string) =>
  async function* () {
    yield Buffer.from(text)
  }
const linesOf = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('')

/** What `service:decide` prints. */
async function logOf(settings: { rules?: RuleMode; why?: boolean } = {}): Promise<string> {
  let log = ''
  const write = async (lines: string) => {
    log += lines
    return true
  }
  const plain = { onError: 'stop', isJudged: () => true, streamColumns: null } as const
  const decider = await createDecider(bundle, settings)
  await decideStream(decider, inputLines(source(linesOf(events))()), write, {
    ...plain,
    note: () => undefined,
    output: PLAIN_OUTPUT,
  })
  return log
}

const again = async (log: string, own: readonly RawEvent[] | null = events, id = String(events[150].id)) =>
  await decideAgain(bundle, { id, log: source(log), events: own === null ? null : source(linesOf(own)) })

describe('a decision that is made again', () => {
  it.each([
    ['alone', {}],
    ['with reasons', { why: true }],
    ['under a shield', { rules: 'shield' }],
  ] as const)('has the same bits, %s', async (_, settings) => {
    const log = await logOf(settings)
    expect(log.includes('"shield"')).toBe('rules' in settings)
    for (const { id } of [events[0], events[99], events[199]]) {
      const { logged, again: made, differences } = await again(log, events, String(id))
      expect(differences).toEqual([])
      expect(made).toEqual(logged)
      expect(log).toContain(JSON.stringify(made))
    }
  })

  it('is made from the log of a service alone where that has the events', async () => {
    const answers = (await logOf()).trimEnd().split('\n')
    const lines = events.map((event, i) => ({ level: 30, event, answer: JSON.parse(answers[i]), msg: 'decided' }))
    const log = linesOf([{ level: 30, msg: 'team read' }, ...lines, { level: 30, msg: 'ended' }])
    expect((await again(log, null)).differences).toEqual([])
  })

  it('differs where the log was changed by a bit', async () => {
    const log = await logOf()
    const { logged } = await again(log)
    const changed = { ...logged, score: (logged.score as number) + 2 ** -30 }
    const forged = log.replace(JSON.stringify(logged), JSON.stringify(changed))
    expect(forged).not.toBe(log)
    expect((await again(forged)).differences).toEqual(['score'])
  })

  it('differs where an event before it on its stream is another one', async () => {
    const log = await logOf()
    const own = events.findLastIndex(({ host }, i) => i < 150 && host === events[150].host)
    const others = events.map((event, i) => (i === own ? { ...event, proto: 'icmp', bytes: 7 } : event))
    expect((await again(log, others)).differences).toContain('scores')
  })

  it('differs in everything where the events do not have it', async () => {
    const { again: made, differences } = await again(await logOf(), events.slice(0, 100))
    expect(made).toBeNull()
    expect(differences).toContain('action')
  })

  it('is refused where nobody has made it', async () => {
    const log = await logOf()
    await expect(again(log, events, 'e-none')).rejects.toMatchObject({ code: 'RECEIPT_INVALID' })
    await expect(again(log, null)).rejects.toMatchObject({ code: 'RECEIPT_INVALID' })
    const late = linesOf([{ id: 'late', action: 'alert', decided: false, late: true }])
    await expect(again(late, events, 'late')).rejects.toMatchObject({ code: 'RECEIPT_INVALID' })
  })
})
