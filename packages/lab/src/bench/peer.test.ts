import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ratioOf } from './measure-peer.ts'
import { type PeerWork, startPeer } from './peer.ts'

const WORK: PeerWork = {
  ...{ agents: 4, dense: 75, policyHidden: [128, 128], valueHidden: null, lstmHidden: [], rolloutSteps: 16 },
  ...{ rows: 8192, minibatch: 2048, epochs: 4, threads: 1 },
}

/** A peer that says of each round how many environment steps were asked for, and of which mode. */
const HONEST = `
  import { createInterface } from 'node:readline'
  let work = null
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line)
    if (work === null) {
      work = message
      console.log(JSON.stringify({ name: 'stand-in', modes: ['slow', 'fast'] }))
    } else console.log(JSON.stringify({ units: work.rows, ms: message.mode === 'slow' ? 100 : 10 }))
  }
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-peer-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function commandOf(program: string): string {
  const file = join(folder, 'peer.mjs')
  writeFileSync(file, program)
  return `"${process.execPath}" "${file}"`
}

describe('startPeer', () => {
  it('hands over the work, and has a round done in each mode', async () => {
    const peer = await startPeer(commandOf(HONEST), WORK)
    expect([peer.name, peer.modes]).toEqual(['stand-in', ['slow', 'fast']])
    expect(await peer.round('slow')).toEqual({ units: 8192, ms: 100 })
    expect(await peer.round('fast')).toEqual({ units: 8192, ms: 10 })
    peer.close()
  })

  it.each([
    ['ends at once', 'process.exit(3)', /ended before it had answered/],
    ['speaks no JSON', 'console.log("hello"); process.stdin.resume()', /one object of JSON in each line/],
    ['has no modes', 'console.log(`{"name": "x", "modes": []}`); process.stdin.resume()', /"modes"/],
  ])('refuses a peer that %s', async (_, program, message) => {
    const error = { code: 'PEER', message: expect.stringMatching(message) }
    await expect(startPeer(commandOf(program), WORK)).rejects.toMatchObject(error)
  })

  it('refuses a round without a time', async () => {
    const peer = await startPeer(commandOf(HONEST.replace('100 : 10', '0 : 10')), WORK)
    await expect(peer.round('slow')).rejects.toMatchObject({ code: 'PEER', message: expect.stringMatching(/"ms"/) })
    peer.close()
  })
})

it('compares round by round, not best with best', () => {
  expect(ratioOf([10, 40, 30], [10, 10, 20])).toEqual({ least: 1, median: 1.5, most: 4 })
})
