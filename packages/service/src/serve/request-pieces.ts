import type { Readable } from 'node:stream'
import { requestError } from '../errors.ts'

const LF = 10

/**
 * The pieces of a body as they come, until its end or until somebody asks for an end.
 *
 * @param patienceMs a body of which no line ends for so long is given up, as is one whose pieces are not asked for: its client is stuck, or holds the connection on purpose
 * @throws {VigilError} REQUEST_SLOW; what the body itself fails with
 */
export async function* requestPieces(
  body: Readable,
  { patienceMs, stop }: { readonly patienceMs: number; readonly stop: AbortSignal },
): AsyncGenerator<Uint8Array> {
  let wake: () => void = () => undefined
  const onChange = () => wake()
  const changes = ['readable', 'end', 'error', 'close'] as const
  for (const change of changes) body.on(change, onChange)
  stop.addEventListener('abort', onChange)
  let isSlow = false
  let isTaken = false
  const timer = setTimeout(() => {
    isSlow = true
    // Who does not take what has been given out does not come back for the error either.
    if (isTaken) body.destroy(slow(patienceMs))
    else wake()
  }, patienceMs)
  try {
    while (!stop.aborted) {
      if (isSlow) throw slow(patienceMs)
      const piece = body.read() as Uint8Array | null
      if (piece !== null) {
        if (piece.includes(LF)) timer.refresh()
        isTaken = true
        yield piece
        isTaken = false
      } else if (body.readableEnded) return
      else if (body.destroyed) throw body.errored ?? new Error('The request ended early.')
      else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    clearTimeout(timer)
    for (const change of changes) body.off(change, onChange)
    stop.removeEventListener('abort', onChange)
  }
}

/** A request of which nothing whole has come for too long. */
export function slow(patienceMs: number): Error {
  return requestError('REQUEST_SLOW', `Request: needs to go on within ${patienceMs / 1000} s, and did not.`)
}
