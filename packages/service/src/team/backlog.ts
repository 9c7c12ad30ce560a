import type { Member } from './connections.ts'
import type { Frame } from './frames.ts'

/** Bytes of one member's frames that wait, above which no more of it is read. */
const BYTES_MAX = 2 ** 22

/** What a frame takes beside its content. */
const FRAME_BYTES = 256

/** Counts the frames of each member that wait for an agent. */
export type Backlog = {
  /** @returns where too many wait: resolves when there is room again */
  add(from: Member, frame: Frame): Promise<void> | undefined
  remove(from: Member, frame: Frame): void
}

/** Nobody has frames waiting yet. */
export function createBacklog(): Backlog {
  const waiting = new Map<Member, number>()
  const rooms = new Map<Member, PromiseWithResolvers<void>>()
  const change = (from: Member, bytes: number) => {
    const sum = (waiting.get(from) ?? 0) + bytes
    waiting.set(from, sum)
    return sum
  }
  return {
    add(from, { content }) {
      if (change(from, content.length + FRAME_BYTES) <= BYTES_MAX) return undefined
      const room = rooms.get(from) ?? Promise.withResolvers<void>()
      rooms.set(from, room)
      return room.promise
    },
    remove(from, { content }) {
      if (change(from, -content.length - FRAME_BYTES) > BYTES_MAX) return
      rooms.get(from)?.resolve()
      rooms.delete(from)
    },
  }
}
