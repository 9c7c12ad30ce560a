/** Where the events of a team come from. Its folder has one source: only there does the number of a line name one event. */
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { closeBroker, openBroker } from '@vigil/broker'
import { writeFileAtomically } from '@vigil/command-line'
import { readRunFile } from '@vigil/runs'
import { z } from 'zod'
import { serviceError } from '../errors.ts'
import { type InputLine, inputLines } from '../input-lines.ts'
import { type FilePlace, filePlace, stateInvalid } from '../serve/state-file.ts'
import { followFile } from '../source/followed-file.ts'
import { jetstreamEvents } from '../source/jetstream-events.ts'
import type { Source } from '../source/source-flags.ts'
import { stdinUntil } from '../standard-streams.ts'

/** How often the place in a followed file is kept, in milliseconds. */
const KEEP_MS = 1000
const SOURCE_BYTES_MAX = 65_536

/** Lines of a team, and how they are numbered. */
export type TeamSource = {
  readonly lines: AsyncIterable<readonly InputLine[]>
  /** whether a line has its number from the source, by which it is known where it comes again */
  readonly isNumbered: boolean
  /** whether no more is to be asked for before all lines so far outlast the process */
  readonly isConfirmed: boolean
  close(): Promise<void>
}

/** What a folder has of its source. */
export type GatheredBefore = {
  /** events in it */
  readonly rows: number
  /** the number of the last one's line */
  readonly line: number
  /** whether the last one was read from this line */
  readonly isLast: (line: InputLine) => boolean
}

/** What a source works with. */
export type TeamSourceSettings = {
  /** folder of the enforcer */
  readonly out: string
  readonly before: GatheredBefore
  /** numbers of lines that were taken, and that nothing keeps yet */
  readonly held: ReadonlySet<number>
  /** Resolves when every event that was taken so far outlasts the process. */
  readonly stored: () => Promise<void>
  /** asks for an end */
  readonly stop: AbortSignal
  readonly clock: () => number
  readonly note: (text: string) => void
}

const kept = z.strictObject({ source: z.string(), place: filePlace.nullable() })

/**
 * Opens the source of a folder.
 *
 * @throws {VigilError} SOURCE_DIFFERS, STATE_INVALID, FILE_UNWRITABLE, BROKER, SUBJECT_MISSING, DURABLE_INVALID, JETSTREAM_REFUSED; the
 *   lines as `followFile` and `jetstreamEvents`
 */
export async function openTeamSource(source: Source, settings: TeamSourceSettings): Promise<TeamSource> {
  if (source.kind === 'stdin') return await openStdin(settings)
  return source.kind === 'file' ? await openFile(source, settings) : await openSubject(source, settings)
}

async function openStdin({ out, stop }: TeamSourceSettings): Promise<TeamSource> {
  const before = await readKept(out)
  if (before !== null) throw differs(out, before.source, 'stdin')
  const lines = inputLines(stdinUntil(stop), () => stop.aborted)
  // Where nothing more is read, nobody need send.
  return { lines, isNumbered: false, isConfirmed: false, close: async () => void process.stdin.destroy() }
}

async function openFile(
  { path }: Source & { readonly kind: 'file' },
  { out, before, held, stored, stop, clock, note }: TeamSourceSettings,
): Promise<TeamSource> {
  const name = `the file ${resolve(path)}`
  const from = await claim(out, name, before.rows)
  let since = Number.NEGATIVE_INFINITY
  let latest = from
  const keepPlace = async (place: () => Promise<FilePlace>) => {
    // What is behind a place that is kept is read again: lines that nothing else keeps must be.
    if (held.size > 0) return
    const at = await place()
    if (isDeepStrictEqual(at, latest)) return
    await stored()
    await keep(out, { source: name, place: at })
    latest = at
  }
  const lines = followFile(path, {
    ...{ from, known: { number: before.line, is: before.isLast }, stop, note, onOpen: keepPlace },
    async onTaken(place) {
      if (clock() - since < KEEP_MS && !stop.aborted) return
      since = clock()
      await keepPlace(place)
    },
  })
  return { lines, isNumbered: true, isConfirmed: false, close: async () => undefined }
}

async function openSubject(
  { broker, subject, durable, ackWaitMs }: Source & { readonly kind: 'subject' },
  { out, before, held, stop, note }: TeamSourceSettings,
): Promise<TeamSource> {
  const connection = await openBroker(broker, { name: 'vigil service:enforce', note })
  const close = async () => await closeBroker(connection)
  try {
    const { lines } = await jetstreamEvents({
      ...{ connection, subject, durable, ackWaitMs, pastFrom: null, stop, note },
      isHeld: (number) => held.has(number),
      async onStream({ stream, created }) {
        const name = `the subject ${subject} of the stream ${stream} of ${created}, durable ${durable}`
        await claim(out, name, before.rows)
      },
    })
    return { lines, isNumbered: true, isConfirmed: true, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Makes a source that of a folder, where it is not. @returns the place that was kept @throws {VigilError} SOURCE_DIFFERS */
async function claim(out: string, source: string, rows: number): Promise<FilePlace | null> {
  const before = await readKept(out)
  if (before === null ? rows > 0 : before.source !== source) throw differs(out, before?.source ?? 'stdin', source)
  if (before === null) await keep(out, { source, place: null })
  return before?.place ?? null
}

async function keep(out: string, what: z.infer<typeof kept>): Promise<void> {
  await writeFileAtomically(fileIn(out), `${JSON.stringify(what)}\n`)
}

async function readKept(out: string): Promise<z.infer<typeof kept> | null> {
  const bytes = await readRunFile(fileIn(out), SOURCE_BYTES_MAX)
  if (bytes === null) return null
  try {
    return kept.parse(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    throw stateInvalid(fileIn(out), 'it does not tell where events came from', cause)
  }
}

function fileIn(out: string): string {
  return join(out, 'source.json')
}

function differs(out: string, before: string, now: string) {
  return serviceError(
    'SOURCE_DIFFERS',
    `The events in ${out} came from ${before}, and now shall come from ${now}. Give the source of before, or another --out and a new team.`,
  )
}
