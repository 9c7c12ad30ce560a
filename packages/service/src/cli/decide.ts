import { randomUUID } from 'node:crypto'
import { closeBroker, openBroker } from '@vigil/broker'
import {
  type CommandContext,
  choiceFlag,
  commandError,
  type FlagTable,
  flagsOf,
  formatCounted,
  readFlags,
  runCommand,
  type StopRequest,
  switchFlag,
  textFlag,
} from '@vigil/command-line'
import { loadEventSequence, loadRecording } from '@vigil/data'
import type { Bundle } from '@vigil/runs'
import { takeBundle } from '../bundle-signature.ts'
import { decideStream, type StreamSettings, streamNotes } from '../decide-stream.ts'
import { createDecider, type Decider } from '../decider.ts'
import { serviceError } from '../errors.ts'
import { eventFilter } from '../event-filter.ts'
import { type InputLine, inputLines } from '../input-lines.ts'
import { NEAREST_FLAG, nearestFlag } from '../nearest/nearest-flag.ts'
import { createDecisionOutput, type DecisionOutput } from '../output/decision-output.ts'
import { OUTPUT_FLAGS, outputSettings } from '../output/output-flags.ts'
import { decideAll, type ReplayedDecision, replay } from '../replay.ts'
import { requestOfRun } from '../run-request.ts'
import { jetstreamDecisions } from '../source/jetstream-decisions.ts'
import { jetstreamEvents } from '../source/jetstream-events.ts'
import { keptFollowing } from '../source/kept-following.ts'
import { SOURCE_FLAGS, type Source, sinkOf, sourceOf } from '../source/source-flags.ts'
import { say, stdinUntil, syncStdout, written } from '../standard-streams.ts'
import { TRUST_FLAGS, trustOf } from '../trust-flags.ts'

const ON_ERROR = ['stop', 'skip'] as const
const SPLITS = ['test', 'validation', 'train'] as const

/** So many lines are written at once. */
const LINES_TOGETHER = 1000

const FLAGS = {
  run: {
    value: 'FOLDER',
    about: 'whose team decides, as runs/NAME: its bundle, and with --replay its config.json and pipeline.json',
  },
  ...TRUST_FLAGS,
  data: {
    value: 'PATH',
    about: 'file of events, or description of files; without it they come on stdin, a JSON object a line',
  },
  replay: {
    value: 'NAME',
    about: "replays the run's whole recording in the order of time, and prints the decisions on this part",
    choices: SPLITS,
  },
  why: { about: 'with each decision the agents that dissented, and the inputs that mattered' },
  ...NEAREST_FLAG,
  shield: { about: 'an action that would break a specification of the training which another keeps is replaced' },
  ...SOURCE_FLAGS,
  ...OUTPUT_FLAGS,
  'on-error': { value: 'NAME', about: 'what a bad line does that comes live', choices: ON_ERROR, default: 'stop' },
} as const satisfies FlagTable

await runCommand({
  isStreaming: true,
  help: {
    command: 'service:decide',
    file: 'packages/service/src/cli/decide.ts',
    purpose: 'Lets a trained team decide on events: one line of JSON for each, in their order. Labels are not needed.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: [
      '--run=runs/NAME < events.jsonl > decisions.jsonl',
      '--run=runs/NAME --data=today.csv --why',
      '--run=runs/NAME --replay=test',
      '--run=runs/NAME --follow=/var/log/events.jsonl --state=events.state >> decisions.jsonl',
      '--run=runs/NAME --source=nats://10.0.0.5:4222 --subject=events --durable=vigil --publish=decisions',
      '--run=runs/NAME --output=ocsf --envelope=cloudevents < events.jsonl',
    ],
    exitCodes: '0 all events decided, 2 the usage is bad, 3 an event, the data or the bundle are bad',
  },
  run: decide,
})

async function decide({ words, stop }: CommandContext): Promise<void> {
  const flags = readFlags(words, FLAGS, { isStreaming: true })
  const run = textFlag(flags, 'run', 'runs/NAME')
  if (run === undefined) throw commandError('INVALID_VALUE', 'Give the folder of a run: --run=runs/NAME.')
  const data = textFlag(flags, 'data', 'PATH')
  const split = choiceFlag(flags, 'replay', SPLITS)
  const onError = choiceFlag(flags, 'on-error', ON_ERROR)
  if (onError !== undefined && (data !== undefined || split !== undefined)) {
    throw commandError(
      'INVALID_VALUE',
      '--on-error is for lines that come live. Leave it out with --data and --replay.',
    )
  }
  const source = await sourceOf(flags)
  const sink = await sinkOf(flags, source)
  const own = outputSettings(flags)
  const { bundle, fingerprint, putToWork } = await takeBundle(run, trustOf(flags))
  const rules = switchFlag(flags, 'shield') ? 'shield' : 'off'
  const nearest = (await nearestFlag(flags, run)?.(bundle)) ?? null
  const settings = { rules, why: switchFlag(flags, 'why'), nearest } as const
  const outputOf = (input: string) =>
    createDecisionOutput(own, { bundle, now: () => Date.now(), unique: (line) => `${input}/line-${line}` })
  if (split !== undefined) {
    if (bundle.environment.response !== null) {
      throw serviceError(
        'UNDECIDABLE',
        'A replay has no analyst whose verdicts this team waits for: it was trained in the environment respond. Decide on events from stdin, and send verdicts with them (docs/service.md).',
      )
    }
    const recording = await loadRecording(
      { ...(await requestOfRun(run, data ?? null)), pipeline: bundle.pipeline },
      say,
    )
    const decider = await createDecider({ ...bundle, pipeline: recording.pipeline }, settings)
    const output = outputOf(`recordings/${bundle.datasetFingerprint}`)
    await writeAll(replay(decider, recording, split, stop.requested), { output, stop })
  } else if (data !== undefined) {
    const isJudged = eventFilter(bundle.pipeline.reading)
    const sequence = await loadEventSequence(data, bundle.pipeline, say)
    const decider = await createDecider({ ...bundle, pipeline: sequence.pipeline }, settings)
    const output = outputOf(randomUUID())
    await writeAll(decideAll(decider, sequence, { isJudged, isStopped: stop.requested }), { output, stop })
  } else {
    const parts = { decider: await createDecider(bundle, settings), bundle, fingerprint }
    // What looks at a recording puts nothing to work.
    await putToWork()
    const live = { onError: onError ?? 'stop', outputOf, stop, publish: sink?.subject ?? null } as const
    await decideLive(source, parts, live)
  }
}

/** How lines are decided on as they come. */
type Live = Pick<StreamSettings, 'onError'> & {
  readonly stop: StopRequest
  /** subject for decisions on those of a subject; null = they go to stdout */
  readonly publish: string | null
  /** Writes decisions on what is read, by its name: lines have numbers beneath it. */
  readonly outputOf: (input: string) => DecisionOutput
}

/** Who decides. */
type Parts = { readonly decider: Decider; readonly bundle: Bundle; readonly fingerprint: string }

/** @throws {VigilError} as `decideStream`, `keptFollowing`, `jetstreamEvents`; BROKER */
async function decideLive(source: Source, parts: Parts, live: Live): Promise<void> {
  const ending = new AbortController()
  const ignore = live.stop.onRequest(() => ending.abort())
  const ended = { ...live, ending: ending.signal }
  try {
    if (source.kind === 'stdin') await decideStdin(parts, ended)
    else if (source.kind === 'file') await decideFollowed(source, parts, ended)
    else await decideSubject(source, parts, ended)
  } finally {
    ignore()
  }
}

async function decideFollowed(
  { path, state, everyMs }: Source & { readonly kind: 'file' },
  parts: Parts,
  live: Live & { readonly ending: AbortSignal },
): Promise<void> {
  const kept = state === null ? null : { path: state, bundle: parts.fingerprint, everyMs }
  const keeping = { decider: parts.decider, state: kept, clock: () => performance.now(), sync: syncStdout }
  await decideLines(await keptFollowing(path, { stop: live.ending, note: say }, keeping), parts, live)
}

async function decideSubject(
  { broker, subject, durable, ackWaitMs, pastFrom }: Source & { readonly kind: 'subject' },
  parts: Parts,
  live: Live & { readonly ending: AbortSignal },
): Promise<void> {
  const { ending: stop, publish } = live
  const connection = await openBroker(broker, { name: 'vigil service:decide', note: say })
  try {
    const { stream, past, lines } = await jetstreamEvents({
      ...{ connection, subject, durable, ackWaitMs, pastFrom, note: say, stop },
    })
    if (past !== null) await rememberLines(past, parts, live)
    const team = parts.bundle.configFingerprint
    const sink =
      publish === null
        ? written
        : await jetstreamDecisions({ connection, subject: publish, team, events: stream, stop, note: say })
    await decideLines({ lines, input: stream }, parts, live, sink)
  } finally {
    await closeBroker(connection)
  }
}

/** Decides again on what was decided on before, for what the team remembers of it. Nobody is answered. */
async function rememberLines(
  lines: AsyncIterable<readonly InputLine[]>,
  { decider, bundle }: Parts,
  { onError, outputOf }: Live,
): Promise<void> {
  const settings = { ...liveSettings(bundle), onError, output: outputOf('past') }
  const { decided } = await decideStream(decider, lines, async () => true, settings)
  say(`${formatCounted(decided, 'event')} of the past remembered`)
}

/** How what comes live is read. */
function liveSettings({ pipeline: { reading }, environment }: Bundle) {
  const streamColumns = environment.response === null ? null : (reading?.stream ?? [])
  return { isJudged: eventFilter(reading), streamColumns, note: say }
}

async function decideStdin(parts: Parts, live: Live & { readonly ending: AbortSignal }): Promise<void> {
  const { ending: stop } = live
  if (process.stdin.isTTY) say('Waiting for events on stdin, a JSON object a line. Ctrl-D ends.')
  try {
    await decideLines({ lines: inputLines(stdinUntil(stop), () => stop.aborted), input: randomUUID() }, parts, live)
  } finally {
    // Where nobody reads the decisions any more, nobody sends events either.
    process.stdin.destroy()
  }
}

async function decideLines(
  { lines, input }: { readonly lines: AsyncIterable<readonly InputLine[]>; readonly input: string },
  { decider, bundle }: Parts,
  { onError, outputOf }: Live,
  write: Parameters<typeof decideStream>[2] = written,
): Promise<void> {
  const settings = { ...liveSettings(bundle), onError, output: outputOf(input) }
  const counts = await decideStream(decider, lines, write, settings)
  for (const note of streamNotes(counts, decider.unseen())) say(note)
}

/** Writes decisions by the number of their row. While it does so a first signal only asks for an end. */
async function writeAll(
  decisions: AsyncIterable<ReplayedDecision>,
  { output, stop }: { readonly output: DecisionOutput; readonly stop: StopRequest },
): Promise<void> {
  const ignore = stop.onRequest(() => undefined)
  try {
    let lines: string[] = []
    for await (const { row, decision, event } of decisions) {
      lines.push(`${output.decision({ id: row + 1, isOwn: false }, decision, event)}\n`)
      if (lines.length < LINES_TOGETHER) continue
      if (!(await written(lines.join('')))) return
      lines = []
    }
    if (lines.length > 0) await written(lines.join(''))
  } finally {
    ignore()
  }
}
