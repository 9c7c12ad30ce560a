import { readFlags } from '@vigil/command-line'
import { describe, expect, it } from 'vitest'
import { SOURCE_FLAGS, sourceOf } from './source-flags.ts'

const from = async (past: string) => {
  const words = ['--source=nats://127.0.0.1:4222', '--subject=events', '--durable=team', `--past=${past}`]
  return await sourceOf(readFlags(words, SOURCE_FLAGS))
}

describe('--past', () => {
  it.each([
    ['2026-11-28T04:00:00Z', Date.UTC(2026, 10, 28, 4)],
    ['2026-11-28T04:00:00.250+05:30', Date.UTC(2026, 10, 27, 22, 30, 0, 250)],
  ])('takes a time with its zone: %s', async (text, ms) => {
    expect(await from(text)).toMatchObject({ pastFrom: { time: new Date(ms) } })
  })

  it('takes a number of the stream', async () => {
    expect(await from('17')).toMatchObject({ pastFrom: { sequence: 17 } })
  })

  it.each([
    '-5',
    '5.5',
    '2026-11-28',
    '2026-11-28T04:00:00',
    '2026-02-30T04:00:00Z',
    '28 Nov 2026 04:00 GMT',
    '1e3',
    '',
  ])('refuses what tells no moment for sure: "%s"', async (text) => {
    await expect(from(text)).rejects.toMatchObject({ code: 'INVALID_VALUE' })
  })
})
