import { TIME_UNITS } from '@vigil/features'
import { z } from 'zod'
import { ENCODINGS } from '../reading/open-bytes.ts'
import { FORMATS } from '../reading/read-table.ts'
import { PRESET_NAMES } from './presets.ts'

const column = z.string().min(1).max(200)
const columns = z.array(column).max(10_000)
const paths = z.array(z.string().min(1).max(4096)).min(1).max(10_000)
const expression = z.string().min(1).max(10_000)
/** A value as it stands in a cell; numbers and booleans are compared by their text. */
const value = z.union([z.string().max(1000), z.number(), z.boolean()])
const values = z.array(value).min(1).max(10_000)
const duration = z.string().regex(/^[1-9]\d{0,6}(ms|s|m|h|d)$/, 'must be a number with its unit, as 30s, 10m, 1h or 7d')

const labelColumn = z.strictObject({
  column: column.describe('column that holds the label'),
  threat: values.optional().describe('its values that mean a threat'),
  benign: values.optional().describe('its values that mean no threat; all others are threats'),
})

const labelExpression = z.strictObject({
  expression: expression.describe('CEL over the columns; true = threat'),
  unknown: expression
    .optional()
    .describe('CEL; true = nobody knows: neither learnt from nor scored, unless it is a threat'),
})

const labelJoin = z.strictObject({
  join: z.strictObject({
    file: z.string().min(1).describe('table of labels'),
    on: columns.min(1).describe('columns of both tables that tell which row is meant'),
    column: column.optional().describe('its column with the label; without it every row of the table is a threat'),
    threat: values.optional().describe('values of that column that mean a threat'),
  }),
})

const labelWindows = z.strictObject({
  windows: z.strictObject({
    file: z.string().min(1).describe('table of windows of time in which events are threats'),
    from: column.describe('its column with the first moment'),
    to: column.describe('its column with the last moment'),
    on: columns.default([]).describe('columns of both tables that must be equal besides, e.g. the host'),
    class: column.optional().describe('its column that names the threat'),
  }),
})

/** What a person writes about events of their own. The keys are a contract: they are added to, never renamed. */
export const descriptionSchema = z.strictObject({
  $schema: z.string().optional().describe('where the schema lies, for editors'),
  version: z.literal(1).default(1),
  preset: z
    .enum(PRESET_NAMES)
    .default('none')
    .describe('defaults for the keys below; a key that is given replaces them'),
  files: z
    .strictObject({
      all: paths.optional().describe('files, folders or patterns, relative to this file; divided by "split"'),
      train: paths.optional().describe('files to learn from'),
      test: paths.optional().describe('files that are looked at once, at the end'),
    })
    .describe('where the events are'),
  format: z
    .enum(['auto', ...FORMATS])
    .default('auto')
    .describe('auto = by the name and the first bytes of each file'),
  encoding: z.enum(ENCODINGS).default('utf-8').describe('of text without a mark'),
  delimiter: z
    .string()
    .length(1)
    .optional()
    .describe('between cells of CSV; without it the commonest of the first line'),
  header: columns.min(1).optional().describe('names of the columns where the files have no header'),
  missing: z
    .array(z.string().max(100))
    .max(100)
    .default(['', '-', '(empty)', 'NaN', 'nan', 'null', 'NULL', 'None'])
    .describe('cells that mean that nothing is there'),
  where: expression.optional().describe('CEL over the columns; rows for which it is false are left out'),
  label: z.union([labelColumn, labelExpression, labelJoin, labelWindows]).describe('what makes an event a threat'),
  class: column.optional().describe('column that names threats, in reports; never an input'),
  time: z
    .strictObject({
      column,
      unit: z
        .enum(['auto', ...TIME_UNITS])
        .default('auto')
        .describe('of times that are numbers; text is ISO 8601'),
    })
    .optional()
    .describe('when the event happened; without it events are in the order of the files'),
  stream: columns.default([]).describe('columns that tell the entity whose history counts, e.g. the source address'),
  site: columns
    .default([])
    .describe('columns that tell the site, with environment respond and layout site; each site has its own analysts'),
  split: z
    .union([
      z.strictObject({
        by: z.enum(['files', 'stratified', 'temporal', 'by-stream']),
        validation: z
          .number()
          .gt(0)
          .lt(0.9)
          .default(0.15)
          .describe('share of the rows to learn from that is kept for choosing (by files)'),
        seed: z
          .int()
          .min(0)
          .max(2 ** 32 - 1)
          .default(42),
      }),
      z.strictObject({
        column: column.describe('column that tells the part'),
        train: values,
        validation: values.optional().describe('without it a share of train'),
        test: values,
        seed: z
          .int()
          .min(0)
          .max(2 ** 32 - 1)
          .default(42),
      }),
    ])
    .optional()
    .describe('how events are divided; by files where train and test files are given, else stratified'),
  columns: z
    .strictObject({
      default: z.enum(['auto', 'ignore']).default('auto').describe('what becomes of columns that are not listed'),
      categorical: columns.default([]),
      numeric: columns.default([]),
      ignore: columns.default([]).describe('never read as inputs'),
      leaky: columns.default([]).describe('known only after the decision: inputs of the profile "full" alone'),
    })
    .prefault({})
    .describe('what agents see'),
  history: z
    .strictObject({
      events: z
        .int()
        .min(0)
        .max(256)
        .default(4)
        .describe('previous events of the stream, each a further input per column'),
      of: columns.default([]).describe('columns whose previous values are inputs'),
      gaps: z.boolean().default(true).describe("milliseconds since the stream's previous event"),
      counts: z.boolean().default(true).describe('events of the stream so far'),
      streams: z
        .int()
        .min(1)
        .max(10_000_000)
        .default(100_000)
        .describe('streams that are remembered; the one unused longest goes'),
      forgetAfter: duration.optional().describe('a stream without an event for so long begins anew'),
    })
    .optional()
    .describe('what is remembered of the same stream, strictly before the event'),
  unit: z
    .strictObject({
      by: z
        .union([column, columns.min(1)])
        .transform((by) => (typeof by === 'string' ? [by] : by))
        .describe('columns that tell whose events are judged together'),
      every: duration.optional().describe('events of one such span of time are one unit'),
      first: z
        .int()
        .min(1)
        .max(1_000_000)
        .optional()
        .describe('the first events of each key alone are looked at; one unit for each key, unless "size" is given'),
      size: z
        .int()
        .min(1)
        .max(4096)
        .optional()
        .describe('with "first": every so many events of a key are one unit, the last of which may have fewer'),
      of: columns.default([]).describe('columns whose values are counted; without it those of columns.categorical'),
      pairs: z.boolean().default(false).describe('whether pairs of values that follow each other are counted too'),
      values: z.int().min(1).max(1000).default(128).describe('the most values of a column that are counted one by one'),
      windows: z
        .array(duration)
        .max(8)
        .default(['10m', '60m'])
        .describe('spans of time, longer than every, up to now over which values are counted besides'),
      keys: z
        .int()
        .min(1)
        .max(10_000_000)
        .optional()
        .describe('keys that are remembered; without it 100,000, or as many as fit into 1 GiB'),
      forgetAfter: duration.optional().describe('a key without an event for so long begins anew'),
      unique: z.boolean().default(false).describe('whether a unit of the same values as an earlier one is left out'),
      together: z
        .boolean()
        .default(false)
        .describe(
          'with split by-stream: whether keys whose events, all of them, hold the same values stay in one part',
        ),
    })
    .optional()
    .describe('what is judged, where it is not the single event'),
  capturedUnder: z
    .enum(['passive', 'ids', 'ips', 'unknown'])
    .default('unknown')
    .describe('whether something acted on the events while they were recorded'),
  threats: z
    .strictObject({
      order: z
        .array(z.string().min(1).max(200))
        .max(255)
        .refine((names) => new Set(names).size === names.length, 'a stage comes once: phases in a circle have no order')
        .optional()
        .describe('stages of an attack, the first one first'),
      damage: z
        .record(z.string().max(200), z.number().min(0).max(1e6))
        .optional()
        .describe('what a threat of each class costs, in multiples, with environment respond; 1 for the others'),
    })
    .optional()
    .describe('what threats do'),
})

/** A description with every default filled in, presets too. */
export type Description = z.output<typeof descriptionSchema>

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7 }

/** Milliseconds of a duration such as 10m. */
export function millisecondsOf(text: string): number {
  const unit = text.replace(/^\d+/, '')
  return Number.parseInt(text, 10) * UNITS[unit]
}
