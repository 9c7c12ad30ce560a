import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import {
  type CommandContext,
  commandError,
  type Flags,
  type FlagTable,
  flagsOf,
  numberFlag,
  readFlags,
  runCommand,
  switchFlag,
  systemReason,
  textFlag,
} from '@vigil/command-line'
import { readDashboard } from '@vigil/dashboard'
import type { Bundle } from '@vigil/runs'
import { destination, type Logger, pino } from 'pino'
import { type Trust, takeBundle } from '../bundle-signature.ts'
import { serviceError } from '../errors.ts'
import { NEAREST_FLAG, nearestFlag } from '../nearest/nearest-flag.ts'
import { OUTPUT_FLAGS, outputSettings } from '../output/output-flags.ts'
import { readTls, readToken, TOKEN_LENGTH_MIN } from '../secret-file.ts'
import { assertGuarded } from '../serve/access.ts'
import { createAlarmLog } from '../serve/alarm-log.ts'
import { createDecisionService, type DecisionService } from '../serve/decision-service.ts'
import type { DriftSettings } from '../serve/drift.ts'
import { openFeedbackFile } from '../serve/feedback-file.ts'
import { createReload } from '../serve/reload.ts'
import { createServer, type ServerSettings } from '../serve/server.ts'
import { type Shadow, startShadow } from '../serve/shadow.ts'
import { readState, writeState } from '../serve/state-file.ts'
import { keepRegularly } from '../serve/state-timer.ts'
import { replayCheck } from '../serve/stored-check.ts'
import { TRUST_FLAGS, trustOf } from '../trust-flags.ts'
import { ACTION_NAMES } from '../written-decision.ts'

const PORT = { min: 0, max: 65535, integer: true } as const
const COUNT = { min: 1, max: 1_000_000, integer: true } as const
const EVENTS = { min: 200, max: 1_000_000_000, integer: true } as const
const RUN_LENGTH = { ...EVENTS, min: 1000 } as const
const MIB = { min: 1, max: 65_536, integer: true } as const
const SECONDS = { min: 1, max: 3600 } as const
/** Between frames of what is decided, for whoever looks. */
const FRAME_MS = 1000
/** SIGHUP ends commands, since terminals send it when they close. */
const RELOAD_SIGNAL = 'SIGUSR2'

const FLAGS = {
  run: { value: 'FOLDER', about: 'whose team decides, as runs/NAME: its bundle' },
  ...TRUST_FLAGS,
  host: { value: 'ADDRESS', about: 'address to listen at; others than loopback need a guard', default: '127.0.0.1' },
  port: { value: 'N', about: 'port to listen at; 0 = a free one', number: PORT, default: 8080 },
  'token-file': { value: 'FILE', about: `a token of ${TOKEN_LENGTH_MIN} characters or more that clients must know` },
  'tls-cert': { value: 'FILE', about: 'certificate of the service, PEM; with --tls-key' },
  'tls-key': { value: 'FILE', about: 'its key, PEM' },
  'tls-client-ca': { value: 'FILE', about: 'certificates by which those of clients are signed, PEM: mutual TLS' },
  'deadline-ms': { value: 'N', about: 'milliseconds after which the answer is the fallback action', number: COUNT },
  feedback: { value: 'FILE', about: 'file that verdicts are added to; feedback.jsonl in the run folder without it' },
  state: {
    value: 'FILE',
    about: 'what is known of events is kept there, and gone on from when it is there at the start',
  },
  'state-seconds': { value: 'SECONDS', about: 'how often it is kept', number: SECONDS, default: 60 },
  ...OUTPUT_FLAGS,
  why: { about: 'with each decision the agents that dissented, and the inputs that mattered' },
  ...NEAREST_FLAG,
  shield: { about: 'an action that would break a specification of the training which another keeps is replaced' },
  shadow: {
    value: 'FOLDER',
    about: 'a run whose team decides on what is answered, in a thread of its own, for nobody',
  },
  'shadow-log': { value: 'FILE', about: 'file that decisions of the shadow are added to' },
  'drift-window': {
    ...{ value: 'N', about: 'latest events whose inputs are compared with the training', default: 10_000 },
    number: EVENTS,
  },
  'drift-baseline': {
    ...{ value: 'N', about: 'first decisions, from which the usual score and actions are learnt', default: 10_000 },
    number: EVENTS,
  },
  'drift-run-length': {
    ...{ value: 'N', about: 'decisions to a false alarm of each chart, on average', default: 1_000_000 },
    number: RUN_LENGTH,
  },
  rate: { value: 'N', about: 'requests of one client in a second', number: COUNT, default: 10_000 },
  streams: { value: 'N', about: 'requests at a time that bring events line by line', number: COUNT, default: 64 },
  connections: { value: 'N', about: 'connections at a time', number: COUNT, default: 1024 },
  ids: { value: 'N', about: 'latest events whose answers are given again', number: COUNT, default: 65_536 },
  'stream-mib': {
    value: 'MIB',
    about: 'memory for what the network remembers of streams; the one unused longest begins anew',
    number: MIB,
    default: 96,
  },
  patience: {
    ...{ value: 'SECONDS', about: 'a request of which nothing whole comes for so long is ended', default: 30 },
    number: SECONDS,
  },
  'log-events': { about: 'logs events and their answers, too' },
} as const satisfies FlagTable

// What is remembered is replaced again and again: unless told, V8 lets three times as much garbage lie as there is to remember.
setFlagsFromString('--heap-growing-percent=50')

await runCommand({
  isStreaming: true,
  help: {
    command: 'service:serve',
    file: 'packages/service/src/cli/serve.ts',
    purpose:
      'Lets a trained team decide on events that come over HTTP. Ctrl-C or SIGTERM ends it when what has come is answered; SIGUSR2 has it read the bundle again.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: ['--run=runs/NAME', '--run=runs/NAME --host=0.0.0.0 --token-file=token.txt --deadline-ms=50'],
    exitCodes: '0 never, 1 the address is taken, 2 the usage is bad, 3 the bundle or a file is bad, 130 or 143 stopped',
  },
  run: serve,
})

async function serve({ words, stop }: CommandContext): Promise<void> {
  const flags = readFlags(words, FLAGS, { isStreaming: true })
  const run = textFlag(flags, 'run', 'runs/NAME')
  if (run === undefined) throw commandError('INVALID_VALUE', 'Give the folder of a run: --run=runs/NAME.')
  const ending = new AbortController()
  const settings = await serverSettings(flags, ending.signal)
  const { host, logger, clock } = settings
  assertGuarded(host, { isGuarded: settings.token !== null || (settings.tls?.ca ?? null) !== null })
  const port = numberFlag(flags, 'port', PORT) ?? FLAGS.port.default
  const trust = trustOf(flags)
  const { bundle, fingerprint, putToWork } = await takeBundle(run, trust)
  await using opened = new AsyncDisposableStack()
  const file = await openFeedbackFile(textFlag(flags, 'feedback', 'FILE') ?? join(run, 'feedback.jsonl'))
  opened.defer(file.close)
  const shadow = await shadowOf(flags, bundle, { trust, logger })
  if (shadow !== null) opened.defer(shadow.close)
  const service = await createDecisionService(bundle, {
    file,
    output: outputSettings(flags),
    deadlineMs: numberFlag(flags, 'deadline-ms', COUNT) ?? null,
    idsRemembered: numberFlag(flags, 'ids', COUNT) ?? FLAGS.ids.default,
    streamBytes: (numberFlag(flags, 'stream-mib', MIB) ?? FLAGS['stream-mib'].default) * 2 ** 20,
    why: switchFlag(flags, 'why'),
    nearest: nearestFlag(flags, run),
    shield: switchFlag(flags, 'shield'),
    onShield: (id, { from, to, specification }) =>
      logger.warn({ id, from: ACTION_NAMES[from], to: ACTION_NAMES[to], specification }, 'shielded'),
    shadow,
    drift: driftSettings(flags, logger),
    now: () => Date.now(),
    clock,
    onEvent: switchFlag(flags, 'log-events')
      ? (event, { json }) => logger.info({ event, answer: JSON.parse(json ?? 'null') }, 'decided')
      : null,
  })
  const checked = await replayCheck(run, bundle)
  await putToWork()
  const { keep, onExchange } = await stateKeeper(flags, { bundle: fingerprint, service, logger })
  const reload = createReload({ run, trust, service, logger, onExchange })
  process.on(RELOAD_SIGNAL, reload)
  opened.defer(() => void process.off(RELOAD_SIGNAL, reload))
  const server = createServer(service, settings, checked)
  const ended = new Promise<void>((resolve) => {
    stop.onRequest(() => {
      logger.info('ending: what has come is answered first')
      ending.abort()
      resolve(server.close())
    })
  })
  const { iteration, configFingerprint, datasetFingerprint } = bundle
  logger.info({ run, iteration, configFingerprint, datasetFingerprint, checked }, 'team read')
  const listenTextResolver = (address: string) => `listening at ${address}`
  await server.listen({ host, port, listenTextResolver }).catch((cause: Error) => {
    throw serviceError(
      'ADDRESS_TAKEN',
      `The service cannot listen at ${host}, port ${port}: ${systemReason(cause)}. Give another --port, or another --host.`,
      { cause },
    )
  })
  const everySeconds = numberFlag(flags, 'state-seconds', SECONDS) ?? FLAGS['state-seconds'].default
  const endKeeping = keepRegularly(keep, {
    everyMs: 1000 * everySeconds,
    onError: (cause) => logger.error({ err: cause }, 'the state could not be kept'),
  })
  await ended
  endKeeping()
  await keep()
  await opened.disposeAsync()
  logger.info('ended')
}

/** Goes on from the state that was kept. @returns what keeps that of now, one call after another */
async function stateKeeper(
  flags: Flags,
  { bundle, service, logger }: { readonly bundle: string; readonly service: DecisionService; readonly logger: Logger },
): Promise<{ readonly keep: () => Promise<void>; readonly onExchange: (fingerprint: string) => void }> {
  const path = textFlag(flags, 'state', 'FILE')
  if (path === undefined) return { keep: async () => undefined, onExchange: () => undefined }
  let fingerprint = bundle
  const kept = await readState(path, fingerprint)
  if (kept !== null) {
    for (const note of service.restore(kept)) logger.warn({ state: path }, note)
    logger.info({ state: path, streams: kept.past.streams.keys.length, answers: kept.answers.length }, 'state read')
  }
  let last: Promise<void> = Promise.resolve()
  return {
    keep() {
      const own = last.then(async () => await writeState(path, fingerprint, service.save()))
      last = own.catch(() => undefined)
      return own
    },
    onExchange(other) {
      fingerprint = other
    },
  }
}

/** Starts the team that decides beside the one at work. @throws {VigilError} SHADOW_FAILED */
async function shadowOf(
  flags: Flags,
  { environment }: Bundle,
  { trust, logger }: { readonly trust: Trust | null; readonly logger: Logger },
): Promise<Shadow | null> {
  const run = textFlag(flags, 'shadow', 'runs/OTHER')
  const log = textFlag(flags, 'shadow-log', 'FILE') ?? null
  if (run === undefined) {
    if (log === null) return null
    throw commandError('INVALID_VALUE', '--shadow-log needs the team whose decisions it gets: --shadow=runs/OTHER.')
  }
  const onFailure = (message: string) => logger.error({ shadow: run }, `the shadow decides no more: ${message}`)
  const shadow = await startShadow(
    { run, trust, log, output: { ...outputSettings(flags), isShadow: true } },
    onFailure,
    environment.rewards,
  )
  logger.info({ shadow: run, log }, 'shadow read')
  return shadow
}

function driftSettings(flags: Flags, logger: Logger): DriftSettings {
  return {
    window: numberFlag(flags, 'drift-window', EVENTS) ?? FLAGS['drift-window'].default,
    baseline: numberFlag(flags, 'drift-baseline', EVENTS) ?? FLAGS['drift-baseline'].default,
    runLength: numberFlag(flags, 'drift-run-length', RUN_LENGTH) ?? FLAGS['drift-run-length'].default,
    onAlarm: createAlarmLog(
      (alarm) => logger.warn(alarm, 'drift'),
      () => performance.now(),
    ),
  }
}

async function serverSettings(flags: Flags, stop: AbortSignal): Promise<ServerSettings> {
  const tokenFile = textFlag(flags, 'token-file', 'FILE')
  const [certFile, keyFile] = [textFlag(flags, 'tls-cert', 'FILE'), textFlag(flags, 'tls-key', 'FILE')]
  const caFile = textFlag(flags, 'tls-client-ca', 'FILE')
  if ((certFile === undefined) !== (keyFile === undefined) || (caFile !== undefined && certFile === undefined)) {
    throw commandError('INVALID_VALUE', 'TLS needs --tls-cert and --tls-key together, and --tls-client-ca needs both.')
  }
  return {
    host: textFlag(flags, 'host', 'ADDRESS') ?? FLAGS.host.default,
    token: tokenFile === undefined ? null : await readToken(tokenFile),
    tls:
      certFile === undefined || keyFile === undefined
        ? null
        : await readTls({ cert: certFile, key: keyFile, ca: caFile ?? null }),
    rate: numberFlag(flags, 'rate', COUNT) ?? FLAGS.rate.default,
    streams: numberFlag(flags, 'streams', COUNT) ?? FLAGS.streams.default,
    connections: numberFlag(flags, 'connections', COUNT) ?? FLAGS.connections.default,
    frameMs: FRAME_MS,
    dashboard: await readDashboard(),
    patienceMs: 1000 * (numberFlag(flags, 'patience', SECONDS) ?? FLAGS.patience.default),
    // Structured logs are what this command writes; without a reader it must not wait.
    logger: pino({ level: 'info' }, destination({ fd: 1, sync: true })),
    stop,
    clock: () => performance.now(),
  }
}
