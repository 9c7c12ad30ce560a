import { fork } from 'node:child_process'
import { BUILD_COMMAND } from '@vigil/engine-native'
import { GPU_MINIBATCH_ROWS } from '../choose-engine.ts'
import type { EngineSettings } from '../create-engine.ts'
import { BACKENDS } from '../tfjs/backend-names.ts'
import {
  installCommand,
  installedVersions,
  LINK_COMMAND,
  TENSORFLOW_PACKAGES,
  WEBGPU_PACKAGES,
} from '../tfjs/optional-packages.ts'

/** What a probe says of itself; `command` is null where none is known. */
export type ProbeMessage =
  | { readonly available: true; readonly engine: string; readonly backend: string; readonly device: string }
  | { readonly available: false; readonly reason: string; readonly command: string | null }

/** One engine on one backend, on this machine. */
export type BackendReport = {
  /** As in the config. */
  readonly engine: 'native' | 'portable' | 'tfjs'
  /** As in the config; `auto` for the engines that have one. */
  readonly backend: EngineSettings['backend']
  readonly available: boolean
  /** What it computes on; null where it is not available. */
  readonly device: string | null
  /** Of what computes: the npm packages behind it, for the portable engine Node. */
  readonly versions: Readonly<Record<string, string>>
  /** What is missing, a clause; null where it is available. */
  readonly reason: string | null
  /** The one command that makes it available, to be run in the root of the project; null where it is. */
  readonly command: string | null
}

export type BackendsReport = {
  readonly backends: readonly BackendReport[]
  /** What `--engine=auto` takes. */
  readonly auto: Choice | null
  /** The same for minibatches of GPU_MINIBATCH_ROWS and more. */
  readonly autoOnLarge: Choice | null
}

type Choice = { readonly engine: string; readonly backend: string; readonly device: string }

type Candidate = Pick<BackendReport, 'engine' | 'backend'> & {
  readonly packages: readonly string[]
  /** What makes it available again where the probe itself knows no better, for instance after a crash. */
  readonly repair: string
}

/** What probeBackends grants without being told otherwise. */
const PROBE_LIMIT_MS = 120_000

/**
 * Starts every engine on every backend, each in a process of its own, so that one that crashes is only reported.
 *
 * @param limitMs longest time that one of them may take to start and to do one update; then it is ended
 */
export async function probeBackends(limitMs = PROBE_LIMIT_MS): Promise<BackendsReport> {
  const candidates: Candidate[] = [
    { engine: 'native', backend: 'auto', packages: [], repair: BUILD_COMMAND },
    { engine: 'portable', backend: 'auto', packages: [], repair: 'npx nx run policy-wasm:build' },
    ...BACKENDS.map((backend): Candidate => ({ engine: 'tfjs', backend, ...packagesOf(backend) })),
  ]
  const auto = { engine: 'auto', backend: 'auto' } as const
  const [small, large, ...backends] = await Promise.all([
    probe(auto, 1, limitMs),
    probe(auto, GPU_MINIBATCH_ROWS, limitMs),
    ...candidates.map((candidate) => reportOf(candidate, limitMs)),
  ])
  return { backends, auto: choiceOf(small), autoOnLarge: choiceOf(large) }
}

function choiceOf(message: ProbeMessage): Choice | null {
  if (!message.available) return null
  const { engine, backend, device } = message
  return { engine, backend, device }
}

function packagesOf(backend: (typeof BACKENDS)[number]): Pick<Candidate, 'packages' | 'repair'> {
  const withTfjs = (names: readonly string[]) => ['@tensorflow/tfjs-core', ...names]
  switch (backend) {
    case 'tensorflow':
      return { packages: withTfjs(TENSORFLOW_PACKAGES), repair: LINK_COMMAND }
    case 'webgpu':
      return { packages: withTfjs(WEBGPU_PACKAGES), repair: installCommand(WEBGPU_PACKAGES) }
    case 'wasm':
      return { packages: withTfjs(['@tensorflow/tfjs-backend-wasm']), repair: 'npm install' }
    case 'cpu':
      return { packages: withTfjs(['@tensorflow/tfjs-backend-cpu']), repair: 'npm install' }
  }
}

async function reportOf(candidate: Candidate, limitMs: number): Promise<BackendReport> {
  const { engine, backend, packages, repair } = candidate
  const message = await probe(candidate, 1, limitMs)
  return {
    engine,
    backend,
    available: message.available,
    device: message.available ? message.device : null,
    versions: engine !== 'tfjs' ? { node: process.versions.node } : installedVersions(packages),
    reason: message.available ? null : message.reason,
    command: message.available ? null : (message.command ?? repair),
  }
}

function probe(
  { engine, backend }: Pick<EngineSettings, 'engine' | 'backend'>,
  minibatchSize: number,
  limitMs: number,
): Promise<ProbeMessage> {
  // What native libraries print is theirs to know.
  const child = fork(new URL('probe.ts', import.meta.url), [String(minibatchSize), engine, backend], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  })
  return new Promise((resolve, reject) => {
    let message: ProbeMessage | null = null
    child.on('message', (received) => {
      message = received as ProbeMessage
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const end = signal === null ? `with exit code ${code}` : `by ${signal}`
      // Only the time limit ends a probe from here.
      const reason = child.killed
        ? `it took longer than ${limitMs / 1000} s to start and to do its first update`
        : `it crashed: the process that started it was ended ${end} before its first update was done`
      resolve(message ?? { available: false, reason, command: null })
    })
  })
}
