import type { Decided, Frame } from '../frame.ts'

/** What the page asks its service. */
export type ServiceClient = {
  /** Calls with each frame until the service ends or `signal` asks for it. @throws {Refused} */
  frames(onFrame: (frame: Frame) => void, signal: AbortSignal): Promise<void>
  model(): Promise<Model>
  drift(): Promise<DriftReport>
  decisionsOn(stream: string): Promise<Decided[]>
}

/** What of `/v1/model` is shown. */
export type Model = {
  readonly iteration: number
  readonly configFingerprint: string
  readonly agents: number
  readonly rule: string
  readonly faults: number
  readonly stream: readonly string[]
  readonly specifications: readonly { readonly name: string; readonly formula: string; readonly watched: boolean }[]
}

/** What of `/v1/drift` is shown. */
export type DriftReport = {
  readonly inputs: {
    readonly missing: string | null
    readonly events: number
    readonly drift: readonly {
      readonly input: string
      readonly psi: number
      readonly noise: number
      readonly unknown: { readonly live: number; readonly training: number } | null
    }[]
  }
  readonly decisions: {
    readonly threshold: number
    readonly waiting: number
    readonly charts: readonly {
      readonly chart: string
      readonly up: number
      readonly down: number
      readonly alarms: number
    }[]
  }
}

/** An answer that is none. */
export class Refused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** @param token null where the service asks for none */
export function createServiceClient(token: string | null): ServiceClient {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }

  async function ask(path: string, signal: AbortSignal | null = null): Promise<Response> {
    const response = await fetch(path, { headers, signal, cache: 'no-store' })
    if (response.ok) return response
    const { message } = (await response.json().catch(() => ({ message: response.statusText }))) as { message: string }
    throw new Refused(response.status, message)
  }

  const json = async <Value>(path: string) => (await (await ask(path)).json()) as Value
  return {
    async frames(onFrame, signal) {
      const { body } = await ask('/v1/events', signal)
      if (body === null) return
      const reader = body
        .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>)
        .getReader()
      let text = ''
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        const events = (text + piece.value).split('\n\n')
        text = events.pop() ?? ''
        for (const event of events) onFrame(JSON.parse(event.replace(/^data: /, '')) as Frame)
      }
    },
    model: async () => await json<Model>('/v1/model'),
    drift: async () => await json<DriftReport>('/v1/drift'),
    decisionsOn: async (stream) => await json<Decided[]>(`/v1/decisions?stream=${encodeURIComponent(stream)}`),
  }
}
