/** Certified decisions in the format that their readers want, made from the lines of the file and from the events that they are on. */
import type { Epoch } from '@vigil/agreement'
import type { ReadEvent } from '@vigil/features'
import { NO_ACTION } from '@vigil/vote'
import type { LiveDecision } from '../decider.ts'
import { serviceError } from '../errors.ts'
import type { EventInputs } from '../event-inputs.ts'
import { decisionWriter, isPlain, type OutputParts, type OutputSettings } from '../output/decision-output.ts'
import { ACTION_NAMES, ownIdOf } from '../written-decision.ts'
import { readWrittenEvent } from './batch-event.ts'
import { UNEXPLAINED } from './certified-lines.ts'
import type { EventLog } from './event-log.ts'

/** What the lines are made from. */
type OutputOf = {
  readonly events: Pick<EventLog, 'batchesBefore' | 'read'>
  readonly inputs: Pick<EventInputs, 'read'>
  /** of the batch's epoch */
  readonly bundleAt: (batch: number) => OutputParts['bundle']
  /** names the team among all: events without an id of their own are named by it and the number of their line */
  readonly team: string
  readonly now: () => number
}

type ActionName = (typeof ACTION_NAMES)[number]

/** A line of decisions.jsonl. */
type DecisionLine =
  | { readonly action: ActionName; readonly late: true }
  | (Pick<LiveDecision, 'decided' | 'margin' | 'score'> & {
      readonly action: ActionName
      readonly late?: undefined
      readonly votes: readonly (ActionName | null)[]
      readonly scores: readonly (number | null)[]
    })

/** @returns takes lines of decisions.jsonl that follow one on another, and the row of the first, from 0 */
export function createCertifiedOutput(
  settings: OutputSettings,
  { events, inputs, bundleAt, team, now }: OutputOf,
): (lines: readonly string[], firstRow: number) => Promise<readonly string[]> {
  if (isPlain(settings)) return async (lines) => lines
  const unique = (line: string | number) => `teams/${team}/line-${line}`
  return async (lines, firstRow) => {
    const written: string[] = []
    for (let batch = events.batchesBefore(firstRow); written.length < lines.length; batch++) {
      const write = decisionWriter(settings, { bundle: bundleAt(batch), now, unique })
      const gathered = await events.read(batch)
      for (const text of gathered.events.slice(firstRow + written.length - gathered.firstRow)) {
        if (written.length === lines.length) break
        const line = lines[written.length]
        const { id, event } = readWrittenEvent(text)
        const read: ReadEvent = inputs.read(event)
        written.push(write({ id, isOwn: ownIdOf(event) !== null }, read, decisionOn(line), () => line))
      }
    }
    return written
  }
}

/**
 * The bundle of an epoch: what a team has decided is never written as another one's.
 *
 * @param bundles by fingerprint
 * @throws {VigilError} TEAM_INVALID
 */
export function bundleAmong<B>(
  bundles: ReadonlyMap<string, B>,
  { manifest: { bundle, epoch } }: { readonly manifest: Pick<Epoch['manifest'], 'bundle' | 'epoch'> },
): B {
  const found = bundles.get(bundle)
  if (found !== undefined) return found
  throw serviceError(
    'TEAM_INVALID',
    `Decisions of epoch ${epoch} are to be written, and no --run is of its bundle ${bundle}. Give its run, too: --run=runs/OLD,runs/NEW.`,
  )
}

/** An agent whose ballot was not counted has no action, and no number as its score. */
function decisionOn(line: string): LiveDecision | { readonly action: number } {
  const read = JSON.parse(line) as DecisionLine
  const action = ACTION_NAMES.indexOf(read.action)
  if (read.late) return { action }
  const { decided, margin, score } = read
  const votes = Uint8Array.from(read.votes, (vote) => (vote === null ? NO_ACTION : ACTION_NAMES.indexOf(vote)))
  const scores = Float32Array.from(read.scores, (own) => own ?? Number.NaN)
  return { action, decided, margin, score, votes, scores, ...UNEXPLAINED }
}
