import { z } from 'zod'
import { nameSchema } from '../history/fold.ts'
import { TIME_UNITS } from './parse-time.ts'

const columns = z.array(nameSchema).max(100)

/** How the columns of an event are read, whether it stands in a file of the training or comes live. */
export const eventReadingSchema = z.strictObject({
  /** Texts that mean that nothing is there. */
  missing: z.array(z.string().max(100)).max(100),
  /** Column of the time; null = events have none. */
  time: z.strictObject({ column: nameSchema, unit: z.enum(['auto', ...TIME_UNITS]) }).nullable(),
  /** Columns that tell whose event it is; none = each is a stream of its own. */
  stream: columns,
  /** By key of the plan of history: the columns that it is made of. */
  keys: z.record(nameSchema, columns),
  /** CEL over the columns; an event for which it is false is none that the team judges. */
  where: z.string().min(1).max(10_000).nullable(),
  /** Columns that tell the label, of which live events have none. */
  labels: z.array(nameSchema).max(10_000).default([]),
})

/** @see eventReadingSchema */
export type EventReading = z.infer<typeof eventReadingSchema>
