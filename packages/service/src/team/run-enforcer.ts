/** The enforcer as a process: events come from a source, decisions go into a folder, to stdout and to a subject. */
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beginOf, type ChainTeam, type Epoch, epochOf } from '@vigil/agreement'
import { appendLine, formatCounted, type StopRequest } from '@vigil/command-line'
import type { Bundle } from '@vigil/runs'
import { readFingerprinted } from '../bundle-fingerprint.ts'
import { serviceError } from '../errors.ts'
import { createEventInputs } from '../event-inputs.ts'
import type { OutputSettings } from '../output/decision-output.ts'
import type { Sink, Source } from '../source/source-flags.ts'
import { readTeamBundle } from './agent-epochs.ts'
import { seesDecisions } from './agent-voter.ts'
import { bundleAmong, createCertifiedOutput } from './certified-output.ts'
import { Enforcer } from './enforcer.ts'
import { type EnforcerEpochs, openEnforcerEpochs } from './enforcer-epochs.ts'
import { openEnforcerFolder } from './enforcer-folder.ts'
import { openOutputs } from './enforcer-outputs.ts'
import { nextEpoch, readEpochs } from './epoch-files.ts'
import { type Looks, repeatedly } from './epoch-looks.ts'
import type { EventLog } from './event-log.ts'
import { accusedIn } from './evidence-file.ts'
import { gatherLines, isLineOf } from './gather-lines.ts'
import { createGatherer, type Gatherer } from './gatherer.ts'
import { type GatheredBefore, openTeamSource } from './team-source.ts'

/** What the enforcer runs with. */
export type EnforcerCommand = {
  /** manifest of the first epoch */
  readonly team: string
  /** of the first epoch; those of later ones lie beside it, with the number of the epoch */
  readonly key: string
  /** whose bundles the manifests name */
  readonly runs: readonly string[]
  readonly out: string
  readonly deadlineMs: number
  readonly waitMs: number
  readonly onError: 'stop' | 'skip'
  readonly source: Source
  /** whether stdin brings what follows the lines that were gathered, or begins with those again */
  readonly input: 'follows' | 'repeats'
  /** how decisions are written to stdout and published */
  readonly output: OutputSettings
  /** null = decisions are not published */
  readonly sink: Sink | null
}

/**
 * Runs the enforcer until its source ends and all events are answered, or it is asked to stop. What is in the folder is gone on from.
 *
 * @param say takes a sentence for people
 * @throws {VigilError} TEAM_INVALID, SECRET_INVALID, KEYS_FILE, SUCCESSOR, EPOCH_OLD, LOG_TAKEN, LOG_INVALID, LOG_UNWRITABLE, NOT_CERTIFIED,
 *   TEAM_BROKEN, NOT_BUILT; as readBundle; as openTeamSource; as gatherLines; as openOutputs
 */
export async function runEnforcer(
  command: EnforcerCommand,
  stop: StopRequest,
  say: (text: string) => void,
): Promise<void> {
  const epochs: EnforcerEpochs = await openEnforcerEpochs(await readEpochs(command.team, say), {
    key: command.key,
    onFrame: (peer, frame) => enforcer.take(peer, frame),
  })
  await using opened = new AsyncDisposableStack()
  const folder = await openEnforcerFolder(command.out, epochs)
  opened.defer(folder.close)
  const { events, certificates, decisions } = folder
  const { manifest } = epochOf(epochs.known, certificates.place.batch)
  const bundle = await readTeamBundle(command.runs, manifest.bundle, manifest.agents.length)
  const bundles = await bundlesOf(command.runs)
  const render = createCertifiedOutput(command.output, {
    ...{ events, inputs: createEventInputs(bundle.pipeline), team: epochs.known[0].team.id, now: () => Date.now() },
    bundleAt: (batch) => bundleAmong(bundles, epochOf(epochs.known, batch)),
  })
  const outputs = await openOutputs(command.sink, { folder, team: epochs.known[0].team.id, render, say })
  opened.defer(outputs.close)
  const before = await gatheredBefore(events)
  const evidence = join(command.out, 'evidence.jsonl')
  const clock = () => performance.now()
  const enforcer: Enforcer = new Enforcer({
    ...{ teamAt: epochs.teamAt, faultsOf: epochs.faultsOf, send: epochs.send, alarm: say, clock },
    ...{ events, certificates, decisions, deadlineMs: command.deadlineMs },
    onIdle: () => gatherer.onIdle(),
    accused: await accusedIn(evidence),
    evidence: async (line) => await appendLine(evidence, line),
    onLines: () => outputs.wake(),
    onLate: (batch) => say([lateIn(batch, command), ...awayIn(epochs, batch)].join(' ')),
  })
  opened.defer(epochs.close)
  opened.defer(async () => await enforcer.close())
  enforcer.resume(signersOfOpen(epochs.known, certificates.place.batch))
  epochs.connect(certificates.place.batch)
  if (before.rows > 0) {
    const there = `${formatCounted(before.rows, 'event')} in ${command.out}, the last of line ${before.line}`
    say(`${there}; ${formatCounted(decisions.rows, 'answer')}.`)
  }
  const gatherer: Gatherer = createGatherer({
    ...{ batchRows: manifest.batchRows, waitMs: command.waitMs, waitMsMax: command.deadlineMs / 2, clock },
    // What is gathered now may be decided in a later epoch.
    apart: [...bundles.values()].some(seesDecisions),
    isIdle: () => enforcer.isIdle,
    onBatch: (batch, since) => enforcer.gather(batch, since),
  })
  const looks = followEpochs(command.team, { epochs, enforcer, place: () => certificates.place.batch, say })
  const ending = new AbortController()
  const ignore = stop.onRequest(() => ending.abort())
  const failed = Promise.race([enforcer.failed, looks.failed, outputs.failed])
  const reading = gatherSource(command, { bundle, folder, enforcer, gatherer, before, say, stop: ending.signal, clock })
  try {
    await Promise.race([failed, decidedToTheEnd(reading, enforcer, command.deadlineMs)])
    await Promise.race([failed, outputs.finish(ending.signal)])
  } finally {
    ignore()
    ending.abort()
    // Whatever else has failed: what was read goes where it belongs, or is given back, before the files are closed.
    await reading.catch(() => undefined)
    await looks.stop()
  }
  const away = awayIn(epochs, certificates.place.batch)
  await opened.disposeAsync()
  const { batches, late } = enforcer.open
  if (late > 0) say(`${formatCounted(late, 'batch', 'batches')} answered with the fallback`)
  if (batches > 0) throw notCertified(batches, command.source, away)
}

/** Resolves when all that the source has given is answered, and certified where that comes within the deadline. */
async function decidedToTheEnd(reading: Promise<void>, enforcer: Enforcer, deadlineMs: number): Promise<void> {
  await reading
  await enforcer.settled()
  // A certificate may still come for what was answered late.
  await Promise.race([enforcer.idle(), setTimeout(deadlineMs, undefined, { ref: false })])
}

async function gatheredBefore({ batchCount, rowCount, line, read }: EventLog): Promise<GatheredBefore> {
  const last = batchCount === 0 ? undefined : (await read(batchCount - 1)).events.at(-1)
  return { rows: rowCount, line, isLast: (one) => last !== undefined && isLineOf(last, one) }
}

/** By fingerprint. */
async function bundlesOf(runs: readonly string[]): Promise<Map<string, Bundle>> {
  const read = await Promise.all(runs.map(async (run) => await readFingerprinted(run)))
  return new Map(read.map(({ bundle, fingerprint }) => [fingerprint, bundle]))
}

type Folder = Awaited<ReturnType<typeof openEnforcerFolder>>

/** Gathers the events of the source, until it ends or an end is asked for. */
async function gatherSource(
  { source, input, out, onError }: EnforcerCommand,
  {
    bundle,
    folder,
    enforcer,
    gatherer,
    before,
    stop,
    say,
    clock,
  }: {
    readonly bundle: Bundle
    readonly folder: Pick<Folder, 'events' | 'ids'>
    readonly enforcer: Enforcer
    readonly gatherer: Gatherer
    readonly before: GatheredBefore
    readonly stop: AbortSignal
    readonly say: (text: string) => void
    readonly clock: () => number
  },
): Promise<void> {
  const held = new Set<number>()
  const stored = async () => await enforcer.stored(before.rows + gatherer.rows)
  const flushed = async () => {
    gatherer.flush()
    await stored()
  }
  const opened = await openTeamSource(source, { out, before, held, stored: flushed, stop, clock, note: say })
  try {
    await gatherLines(opened.lines, {
      ...{ bundle, gatherer, ids: folder.ids, linesBefore: before.line, onError, held, say },
      hasTaken: folder.events.hasTaken,
      input: opened.isNumbered ? 'numbered' : input,
      stored: opened.isConfirmed ? stored : null,
      room: () => (enforcer.isFull ? enforcer.room() : null),
    })
  } finally {
    await opened.close()
  }
}

/** Looks now and then whether a quorum has signed a successor, and leaves the agents of an epoch that is over. */
function followEpochs(
  team: string,
  {
    epochs,
    enforcer,
    place,
    say,
  }: { epochs: EnforcerEpochs; enforcer: Enforcer; place: () => number; say: (text: string) => void },
): Looks {
  const look = async (note: (text: string) => void) => {
    const next = await nextEpoch(team, epochs.known, note)
    if (next !== null) {
      const begin = await epochs.prepare(next)
      await enforcer.enter({ team: next.team, first: beginOf(next) }, () => {
        begin()
        say(`Epoch ${next.manifest.epoch} begins with batch ${beginOf(next)}.`)
      })
    }
    epochs.connect(place())
  }
  return repeatedly(look, say)
}

/** Teams whose successors have certified nothing yet. */
function signersOfOpen(known: readonly Epoch[], batch: number): ChainTeam[] {
  return known.slice(1).flatMap((next, i) => (beginOf(next) >= batch ? [known[i].team] : []))
}

function lateIn(batch: number, { deadlineMs }: EnforcerCommand): string {
  return `Batch ${batch} has no certificate after ${deadlineMs} ms: its events get the fallback.`
}

/** A sentence on the agents that are not connected, where there are some. */
function awayIn({ away }: EnforcerEpochs, batch: number): string[] {
  const agents = away(batch)
  return agents.length === 0 ? [] : [`No connection to ${agents.join(', ')}.`]
}

function notCertified(batches: number, { kind }: Source, away: readonly string[]) {
  const again =
    kind === 'stdin'
      ? 'with the same --out and < /dev/null, or with --input=repeats and the same events'
      : 'with the same flags'
  return serviceError(
    'NOT_CERTIFIED',
    `${[`The team has not agreed on ${formatCounted(batches, 'batch', 'batches')}.`, ...away].join(' ')} Start the agents that are away, and begin again ${again}: no answer is given twice.`,
  )
}
