import type { NatsConnection, Subscription } from '@nats-io/transport-node'
import { expect, it } from 'vitest'
import { encodeFrame, PART_BYTES } from '../wire/frame.ts'
import { parcelOf, partOf } from '../wire/parts.ts'
import { hearPolicies } from './heard-policy.ts'

type Callback = NonNullable<Parameters<NatsConnection['subscribe']>[1]>['callback']

/** A host that hears what it is told, and nothing else. */
function hearing() {
  let callback: Callback
  const subjects: string[] = []
  const subscribe: NatsConnection['subscribe'] = (subject, options) => {
    subjects.push(subject)
    callback = options?.callback
    return { unsubscribe: () => undefined } as Subscription
  }
  const heard = hearPolicies({ subscribe }, 'run')
  const tell = (data: Uint8Array) => callback!(null as never, { data } as Parameters<NonNullable<Callback>>[1])
  return { heard, subjects, tell }
}

const policy = parcelOf([Uint8Array.from({ length: 2 * PART_BYTES + 5 }, (_, i) => i % 251)])
const other = parcelOf([Uint8Array.of(1, 2, 3)])
const framesOf = ({ sha256, bytes, sections }: typeof policy) =>
  [0, PART_BYTES, 2 * PART_BYTES]
    .filter((at) => at < bytes)
    .map((at) => encodeFrame({ sha256, bytes, at }, partOf({ sha256, bytes, sections }, at)))

it('has what was sent to all by its hash, also while it comes, and the latest alone', async () => {
  const { heard, subjects, tell } = hearing()
  expect(subjects).toEqual(['vigil.1.run.policy'])
  expect(await heard.of(policy)).toBeNull()
  const [first, ...rest] = framesOf(policy)
  tell(first)
  const found = heard.of(policy)
  for (const frame of rest) tell(frame)
  expect(await found).toEqual(policy.sections[0])
  expect(await heard.of(policy)).toEqual(policy.sections[0])
  expect(await heard.of(other)).toBeNull()
  tell(framesOf(other)[0])
  expect([await heard.of(policy), await heard.of(other)]).toEqual([null, other.sections[0]])
})

it.each<[string, (frames: Uint8Array[]) => Uint8Array[]]>([
  ['a part is lost', ([first, , last]) => [first, last]],
  ['a part comes twice', ([first, second]) => [first, second, second]],
  [
    'a byte is another one',
    (frames) => frames.map((frame) => frame.with(frame.length - 1, frame[frame.length - 1] ^ 1)),
  ],
  ['somebody sends nonsense', ([first]) => [first, Uint8Array.of(1, 2)]],
  ['other weights begin', ([first]) => [first, ...framesOf(other)]],
])('asks where %s', async (_, change) => {
  const { heard, tell } = hearing()
  const [first, ...rest] = change(framesOf(policy))
  tell(first)
  const found = heard.of(policy)
  for (const frame of rest) tell(frame)
  expect(await found).toBeNull()
})

it('takes no memory for weights that are said to be very large', async () => {
  const { heard, tell } = hearing()
  const huge = { sha256: policy.sha256, bytes: 2 ** 30 }
  tell(encodeFrame({ ...huge, at: 0 }, new Uint8Array(PART_BYTES)))
  expect(await heard.of(huge)).toBeNull()
})
