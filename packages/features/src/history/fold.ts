import { z } from 'zod'

export const nameSchema = z.string().min(1).max(200)

/** Longest token or key that a plan names or a live event may have, in UTF-16 units. */
export const TOKEN_LENGTH_MAX = 1000

const token = z.string().max(TOKEN_LENGTH_MAX)
const ms = z.int().min(1).max(1e12)

/** Every feature has a name of its own and looks at the earlier events of one key. */
const feature = { name: nameSchema, key: nameSchema }

export const foldSchema = z.discriminatedUnion('kind', [
  /** Value of a column `back` events ago. */
  z.strictObject({ ...feature, kind: z.literal('previous'), of: nameSchema, back: z.int().min(1).max(256) }),
  /** Milliseconds since the previous event. */
  z.strictObject({ ...feature, kind: z.literal('gap') }),
  /** Events so far. */
  z.strictObject({ ...feature, kind: z.literal('events') }),
  /** Events with the token `value` among the `last` ones; null = among all so far. */
  z.strictObject({
    ...feature,
    kind: z.literal('count'),
    of: nameSchema,
    value: token,
    last: z.int().min(1).max(4096).nullable(),
  }),
  /** Events of the last `ms` milliseconds, in sixteen steps; only those with the token where `of` and `value` are not null. */
  z.strictObject({
    ...feature,
    kind: z.literal('within'),
    of: nameSchema.nullable(),
    value: token.nullable(),
    ms,
  }),
  /**
   * Events of the span of `ms` milliseconds that the time lies in and of the `last` - 1 spans before it; only those with the token
   * where `of` and `value` are not null. Spans are aligned to 1970.
   */
  z.strictObject({
    ...feature,
    kind: z.literal('spans'),
    of: nameSchema.nullable(),
    value: token.nullable(),
    ms,
    last: z.int().min(1).max(100_000),
  }),
  /** Tokens of the span of `ms` milliseconds that the time lies in which were none of the `remembered` ones seen latest. */
  z.strictObject({
    ...feature,
    kind: z.literal('firsts'),
    of: nameSchema,
    ms,
    remembered: z.int().min(1).max(4096),
  }),
  /** 1 where the event's token is not among the `remembered` ones seen latest, 0 where it is. */
  z.strictObject({ ...feature, kind: z.literal('new'), of: nameSchema, remembered: z.int().min(1).max(4096) }),
])

/** One feature of the past. docs/features.md has the rules. */
export type Fold = z.infer<typeof foldSchema>
export type FoldOf<Kind extends Fold['kind']> = Extract<Fold, { kind: Kind }>

export const keySchema = z.strictObject({
  name: nameSchema,
  /** Keys remembered; a further one takes the place of the one whose last event is the longest ago, in events. */
  limit: z
    .int()
    .min(1)
    .max(2 ** 24),
  /** A key without an event for longer than this begins anew; null = never. */
  idleMs: ms.nullable(),
})

/** What events belong to, such as a caller, an object or a host. */
export type HistoryKey = z.infer<typeof keySchema>
