import { dirname, join } from 'node:path'
import { writeFileAtomically } from '@vigil/command-line'
import type { VigilError } from '@vigil/errors'
import type { RawEvent } from '@vigil/features'
import { type Bundle, bundleFiles, readRunFile } from '@vigil/runs'
import { bundleFingerprint } from '../bundle-fingerprint.ts'
import { createDecider, type Decider } from '../decider.ts'
import { serviceError } from '../errors.ts'
import { writtenDecision } from '../written-decision.ts'

const CHECK_BYTES_MAX = 64 * 2 ** 20

/** Events of a recording with the decisions on them lie beside the files of the bundle. */
function checkFile(run: string): string {
  return join(dirname(bundleFiles(run).settings), 'check.jsonl')
}

/**
 * Stores events with the decisions of a team that has seen nothing before them.
 *
 * @returns the path of their file
 * @throws {VigilError} as `createDecider`, FILE_UNWRITABLE
 */
export async function storeCheck(run: string, bundle: Bundle, events: readonly RawEvent[]): Promise<string> {
  const decider = await createDecider(bundle)
  const lines = events.map((event, i) => JSON.stringify({ event, decision: decided(decider, event, i) }))
  const head = JSON.stringify({ bundle: await bundleFingerprint(run) })
  const path = checkFile(run)
  await writeFileAtomically(path, [head, ...lines, ''].join('\n'))
  return path
}

/**
 * Decides on the stored events again, one by one and all together.
 *
 * @param create another way to make the decider, of tests
 * @returns how many there are; 0 = none were stored
 * @throws {VigilError} CHECK_FAILED where a decision has other bits, or the events were stored for another bundle
 */
export async function replayCheck(run: string, bundle: Bundle, create = createDecider): Promise<number> {
  const file = checkFile(run)
  const text = await readRunFile(file, CHECK_BYTES_MAX)
  if (text === null) return 0
  const [head, ...lines] = text.toString('utf8').trimEnd().split('\n')
  const stored = fieldOf(file, head, 'bundle')
  if (stored !== (await bundleFingerprint(run))) throw failed(file, 'it was stored for another bundle')
  const events = lines.map((line) => fieldOf(file, line, 'event') as RawEvent)
  const decider = await create(bundle)
  const single = events.map((event, i) => decided(decider, event, i))
  const together = decidedTogether(await create(bundle), events)
  for (const [i, line] of lines.entries()) {
    const expected = fieldOf(file, line, 'decision')
    if (single[i] === expected && together[i] === expected) continue
    throw failed(file, `the decision on its event ${i + 1} is another one here`)
  }
  return lines.length
}

function decided(decider: Decider, event: RawEvent, index: number): string {
  // What was read from JSON is decided on, so that what is stored is what was decided on.
  return writtenDecision(index + 1, decider.decide([decider.read(JSON.parse(JSON.stringify(event)))])[0])
}

/** What comes together takes other kernels than what comes alone. */
function decidedTogether(decider: Decider, events: readonly RawEvent[]): string[] {
  return decider.decide(events.map(decider.read)).map((decision, i) => writtenDecision(i + 1, decision))
}

function fieldOf(file: string, line: string, key: string): unknown {
  try {
    return (JSON.parse(line) as Record<string, unknown>)[key]
  } catch (cause) {
    throw failed(file, 'it is no JSON', cause)
  }
}

function failed(file: string, reason: string, cause?: unknown): VigilError {
  return serviceError(
    'CHECK_FAILED',
    `${file} keeps the service from being ready: ${reason}. Decide where the run was checked, or check it anew with "npx nx run service:check --run=FOLDER".`,
    { cause },
  )
}
