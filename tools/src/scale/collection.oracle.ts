/** A collection played event by event, in a time of its own: what the model sums up in one formula. */
import type { ScaleFigures } from './model.ts'

/** Bytes of a connection that a line takes at a time. */
const PIECE_BYTES = 65_536

type Then = () => void
type Send = (bytes: number, then: Then) => void
type Host = {
  readonly actor: (tookMs: number, then: Then) => void
  readonly ups: Send
  readonly downs: Send
  whenReady: (then: Then) => void
}

/** A time of its own: what happens when, things that serve one after the other, and lines. */
function createTime({ delayMs, bandwidth }: ScaleFigures) {
  const events: { atMs: number; order: number; happens: Then }[] = []
  let [nowMs, order] = [0, 0]
  const after = (ms: number, happens: Then) => void events.push({ atMs: nowMs + ms, order: order++, happens })
  /** Something that serves one after the other. */
  const server = () => {
    let freeMs = 0
    return (tookMs: number, then: Then) => {
      freeMs = Math.max(freeMs, nowMs) + tookMs
      after(freeMs - nowMs, then)
    }
  }
  /** A connection's way over a line that all connections share in turn, a piece at a time. */
  const flow = (line: ReturnType<typeof server>): Send => {
    const waiting: { bytes: number; then: Then }[] = []
    let isSending = false
    const next = () => {
      if (isSending || waiting.length === 0) return
      isSending = true
      const [message] = waiting
      const piece = Math.min(PIECE_BYTES, message.bytes)
      message.bytes -= piece
      line((8000 * piece) / bandwidth, () => {
        isSending = false
        if (message.bytes === 0) after(delayMs, waiting.shift()!.then)
        next()
      })
    }
    return (bytes, then) => {
      waiting.push({ bytes, then })
      next()
    }
  }
  /** Lets happen what is next. @returns the time then */
  const step = () => {
    events.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
    const event = events.shift()!
    nowMs = event.atMs
    event.happens()
    return nowMs
  }
  return { after, server, flow, step }
}

/** How long a collection by so many hosts takes, in milliseconds. */
export function playedMs(figures: ScaleFigures, actors: number): number {
  const { shards, actorMs, learnerMs, startMs, hostMs } = figures
  const { after, server, flow, step } = createTime(figures)
  const [learner, up, down] = [server(), server(), server()]
  let [given, done, nowMs] = [0, 0, 0]
  /** Questions one after the other, whose bytes go one way in equal parts. */
  const ask = (host: Host, times: number, { upBytes = 0, downBytes = 0 }, then: Then): void => {
    const rest = { upBytes: upBytes - upBytes / times, downBytes: downBytes - downBytes / times }
    const further = () => ask(host, times - 1, rest, then)
    if (times === 0) then()
    else host.ups(upBytes / times, () => host.downs(downBytes / times, further))
  }
  const lease = (host: Host) => {
    if (given === shards) return
    given++
    const { stateBytes, stateAsks } = figures
    const compute = () => host.actor(actorMs, () => hand(host, figures.shardAsks))
    const fetched = () => ask(host, stateAsks, { downBytes: stateBytes }, compute)
    host.downs(stateAsks === 0 ? stateBytes : 0, () => host.whenReady(fetched))
  }
  const hand = (host: Host, asks: number) =>
    host.ups(figures.shardBytes / figures.shardAsks, () => {
      if (asks > 1) host.downs(0, () => hand(host, asks - 1))
      else
        learner(learnerMs, () => {
          done++
          host.downs(0, () => host.ups(0, () => lease(host)))
        })
    })
  const { policyBytes, policyAsks } = figures
  const hosts = Array.from({ length: actors }, (): Host => {
    const waiting: Then[] = []
    const host: Host = {
      actor: server(),
      ups: flow(up),
      downs: flow(down),
      whenReady: (then) => void waiting.push(then),
    }
    const begin = () => {
      host.whenReady = (then) => then()
      for (const then of waiting) then()
    }
    learner(hostMs, () => {
      const load = () => ask(host, policyAsks, { downBytes: policyBytes }, () => after(startMs, begin))
      host.downs(policyAsks === 0 ? policyBytes : 0, load)
      lease(host)
    })
    return host
  })
  // Two questions of each host wait at the learner when the collection begins.
  for (const host of hosts) learner(0, () => lease(host))
  while (done < shards) nowMs = step()
  return nowMs
}
