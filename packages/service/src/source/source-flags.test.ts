import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFlags } from '@vigil/command-line'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SOURCE_FLAGS, sinkOf, sourceOf, TEAM_SOURCE_FLAGS } from './source-flags.ts'

const from = async (past: string) => {
  const words = ['--source=nats://127.0.0.1:4222', '--subject=events', '--durable=team', `--past=${past}`]
  return await sourceOf(readFlags(words, SOURCE_FLAGS))
}

describe('--publish', () => {
  const sink = async (...words: string[]) => {
    const flags = readFlags(words, TEAM_SOURCE_FLAGS)
    return await sinkOf(flags, await sourceOf(flags))
  }
  const source = ['--source=nats://10.0.0.5:4222', '--subject=events', '--durable=team']

  it('is for the server of the events, or for another one, wherever the events come from', async () => {
    const of = (address: string) => ({ subject: 'decisions', broker: { address } })
    expect(await sink('--publish=decisions', ...source)).toMatchObject(of('nats://10.0.0.5:4222'))
    const other = '--sink=nats://10.0.0.6:4222'
    expect(await sink('--publish=decisions', ...source, other)).toMatchObject(of('nats://10.0.0.6:4222'))
    expect(await sink('--publish=decisions', other)).toMatchObject(of('nats://10.0.0.6:4222'))
    expect(await sink('--publish=decisions', other, '--follow=events.jsonl')).toMatchObject(of('nats://10.0.0.6:4222'))
    expect(await sink(...source)).toBeNull()
    expect(await sink()).toBeNull()
  })

  it('shows a server the credentials that are its own, and no other one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vigil-sink-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [own, other] = ['own', 'other'].map((token) => {
      writeFileSync(join(folder, token), token)
      return join(folder, token)
    })
    const words = ['--publish=decisions', `--token-file=${own}`, ...source]
    expect((await sink(...words))?.broker).toEqual({ address: 'nats://10.0.0.5:4222', token: 'own' })
    const away = '--sink=nats://10.0.0.6:4222'
    expect((await sink(...words, away))?.broker).toEqual({ address: 'nats://10.0.0.6:4222', prefix: 'sink-' })
    expect((await sink(...words, away, `--sink-token-file=${other}`))?.broker).toEqual({
      ...{ address: 'nats://10.0.0.6:4222', prefix: 'sink-', token: 'other' },
    })
    const misplaced = sink('--publish=decisions', away, `--token-file=${own}`)
    await expect(misplaced).rejects.toMatchObject({ code: 'INVALID_VALUE', message: /--sink-token-file/ })
  })

  it.each([
    [['--publish=decisions']],
    [['--publish=decisions', '--sink-nkey-file=key', ...source]],
    [['--publish=decisions', '--follow=events.jsonl']],
    [['--sink=nats://10.0.0.6:4222']],
    [['--token-file=token']],
  ])('is refused where it has no server, or a server has no subject: %s', async (words) => {
    await expect(sink(...words)).rejects.toMatchObject({ code: 'INVALID_VALUE' })
  })

  it('is refused where its decisions would come back as events, and is taken elsewhere', async () => {
    const heard = async (subject: string, publish: string, ...more: string[]) =>
      await sink(source[0], source[2], `--subject=${subject}`, `--publish=${publish}`, ...more)
    for (const [subject, publish] of [
      ['events', 'events'],
      ['site.*', 'site.decisions'],
      ['site.>', 'site.a.decisions'],
      ['*.events.>', 'a.events.decided'],
      ['>', 'decisions'],
    ]) {
      const message = expect.stringMatching(/would come back as events/)
      await expect(heard(subject, publish)).rejects.toMatchObject({ code: 'INVALID_VALUE', message })
      expect((await heard(subject, publish, '--sink=nats://10.0.0.6:4222'))?.subject).toBe(publish)
    }
    for (const [subject, publish] of [
      ['events', 'events.decided'],
      ['site.*', 'site.a.decisions'],
      ['site.*', 'site'],
      ['site.>', 'site'],
      ['site.>', 'other.decisions'],
      ['*.events', 'a.decisions'],
    ])
      expect((await heard(subject, publish))?.subject).toBe(publish)
  })

  it.each([
    ['nats://Broker.example:4222', 'nats://broker.example'],
    ['nats://broker.example', 'tls://BROKER.example:4222'],
    ['tls://broker.example:04443', 'nats://broker.example:4443'],
    ['nats://[::1]', 'nats://[0:0::1]:4222'],
  ])('is refused however the one server is written: %s and %s', async (events, decisions) => {
    const words = [`--source=${events}`, '--durable=team', '--subject=site.*', `--sink=${decisions}`]
    const message = expect.stringMatching(/would come back as events/)
    await expect(sink(...words, '--publish=site.out')).rejects.toMatchObject({ code: 'INVALID_VALUE', message })
    expect((await sink(...words, '--publish=out'))?.subject).toBe('out')
  })

  it.each([
    ['nats://broker.example', 'nats://broker.example:4223'],
    ['nats://broker.example', 'nats://other.example'],
    ['nats://127.0.0.1', 'nats://localhost'],
  ])('is taken at another server, as far as its name tells: %s and %s', async (events, decisions) => {
    const words = [`--source=${events}`, '--durable=team', '--subject=site.*', `--sink=${decisions}`]
    expect((await sink(...words, '--publish=site.out'))?.subject).toBe('site.out')
  })

  it.each(['ev ents', 'events.', '.events', 'a..b', 'site.>.b', 'a*', 'site.*', '>'])(
    'is refused where it is no subject: "%s"',
    async (subject) => {
      const refused = expect.objectContaining({ code: 'INVALID_VALUE' })
      await expect(sink(`--publish=${subject}`, ...source)).rejects.toEqual(refused)
      const words = [source[0], source[2], `--subject=${subject}`]
      const heard = await sourceOf(readFlags(words, SOURCE_FLAGS)).catch(() => null)
      expect(heard !== null).toBe(['site.*', '>'].includes(subject))
    },
  )

  it('is told of each flag that names a server', async () => {
    const message = '--publish is for --source, or --sink of service:enforce. Give one of them, too.'
    await expect(sink('--publish=decisions')).rejects.toMatchObject({ message })
  })
})

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
