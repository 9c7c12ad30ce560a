import { randomUUID } from 'node:crypto'
import { createEnvironment, type Environment } from '../environment.ts'
import { environmentBytes } from '../environment-memory.ts'
import { apiError } from '../errors.ts'
import type { EnvironmentOptions, World } from '../world.ts'

/** What sessions may take up together. */
export type SessionLimits = {
  readonly sessions: number
  /** Of all sessions. */
  readonly lanes: number
  /** Of the memories of all sessions, each with a copy of labels and rows. */
  readonly bytes: number
  /** A session that nobody asks for so long is ended where another one needs its place. */
  readonly idleMs: number
}

/** Environments of clients, each under a name that nobody guesses. */
export type Sessions = {
  /** @throws {VigilError} SESSIONS_FULL, LANES_INVALID */
  open(lanes: number): { readonly id: string; readonly environment: Environment }
  /** @throws {VigilError} SESSION_UNKNOWN */
  find(id: string): Environment
  /** @throws {VigilError} SESSION_UNKNOWN */
  close(id: string): void
}

/** @param clock milliseconds from any moment on */
export function createSessions(
  world: World,
  part: NonNullable<EnvironmentOptions['part']>,
  limits: SessionLimits,
  clock: () => number,
): Sessions {
  const open = new Map<string, { readonly environment: Environment; readonly bytes: number; usedAt: number }>()
  const laneCount = () => [...open.values()].reduce((sum, { environment }) => sum + environment.lanes, 0)
  const byteCount = () => [...open.values()].reduce((sum, { bytes }) => sum + bytes, 0)

  function endIdle(): void {
    for (const [id, { usedAt }] of open) if (clock() - usedAt > limits.idleMs) open.delete(id)
  }

  function found(id: string) {
    const session = open.get(id)
    if (session !== undefined) return session
    throw apiError(
      'SESSION_UNKNOWN',
      'Session: needs to be open, received one that is not. Open one with POST /sessions.',
    )
  }

  return {
    open(lanes) {
      const bytes = environmentBytes(world, { lanes })
      const isFull = () =>
        open.size >= limits.sessions || laneCount() + lanes > limits.lanes || byteCount() + bytes > limits.bytes
      if (isFull()) endIdle()
      if (isFull()) {
        throw apiError(
          'SESSIONS_FULL',
          `Sessions: there may be ${limits.sessions} with ${limits.lanes} lanes and ${limits.bytes} bytes together, received one more with ${lanes} lanes and ${bytes} bytes. Close one, or start the server with more.`,
        )
      }
      const environment = createEnvironment(world, { lanes, part })
      const id = randomUUID()
      open.set(id, { environment, bytes, usedAt: clock() })
      return { id, environment }
    },
    find(id) {
      const session = found(id)
      session.usedAt = clock()
      return session.environment
    },
    close(id) {
      found(id)
      open.delete(id)
    },
  }
}
