import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startBroker, whyNoBroker } from '@vigil/broker/broker.fixture'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** Real processes at a real broker, ended at moments that nobody chose. */
const TRAIN = fileURLToPath(new URL('../../learner/src/cli/train.ts', import.meta.url))
const JOIN = fileURLToPath(new URL('./cli/join.ts', import.meta.url))
const SETTINGS = [
  ...['--environment=triage', '--rows=3000', '--iterations=16', '--validate-every=4', '--policy-hidden=32'],
  ...['--value-hidden=16', '--rows-per-iteration=1024', '--minibatch-size=256', '--actors=1'],
]

let folder: string
const children: ChildProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-processes-'))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

/** A process, what it has said, and how to wait for a word of it. */
function start(file: string, flags: readonly string[]) {
  const env = { ...process.env, VIGIL_NX_COMMAND_LINE: undefined, VIGIL_NX_EXIT_CODE_FILE: undefined }
  const child = spawn(process.execPath, [file, ...flags], { cwd: folder, env })
  children.push(child)
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  child.stderr.on('data', (chunk) => {
    text += chunk
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const until = async (pattern: RegExp) => {
    for (let tries = 0; !pattern.test(text); tries++) {
      if (child.exitCode !== null || tries === 1200) throw new Error(`never said ${pattern}:\n${text}`)
      await pause(50)
    }
  }
  return { child, ended, until, said: () => text }
}

function weightsIn(said: string): string | undefined {
  return /weights SHA-256 ([0-9a-f]{64})/.exec(said)?.[1]
}

describe.skipIf(whyNoBroker !== null)(`processes that collect together (${whyNoBroker ?? 'nats-server'})`, () => {
  it('give the weights of one process: hosts and learner killed, the broker frozen and started again', async () => {
    const settings = [...SETTINGS, '--staleness=1']
    const alone = start(TRAIN, [...settings, '--out=alone'])
    expect(await alone.ended).toBe(0)

    await using broker = await startBroker()
    const server = `nats://127.0.0.1:${broker.port}`
    const host = (name: string) => start(JOIN, [`--server=${server}`, `--name=${name}`, '--actors=1', '--cache=cache'])
    const shared = [`--transport=${server}`, '--hosts-only', '--audit=0.1']
    const first = start(TRAIN, [...settings, ...shared, '--out=shared'])
    const doomed = host('doomed')
    await first.until(/host doomed collects[\s\S]*iteration +2\//)
    const other = host('other')
    doomed.child.kill('SIGKILL')
    await first.until(/iteration +5\//)
    first.child.kill('SIGKILL')
    expect(await first.ended).toBeNull()

    const again = start(TRAIN, ['--resume=shared', ...shared])
    // Nobody else collects until the host that is left finds the learner that goes on.
    await other.until(/collecting for run [0-9a-f]{12}[\s\S]*collecting for run [0-9a-f]{12}/)
    host('late')
    await again.until(/iteration +8\//)
    broker.freeze()
    await pause(4000)
    broker.thaw()
    await again.until(/iteration +11\//)
    await broker.kill()
    await pause(500)
    await broker.start()
    expect(await again.ended).toBe(0)
    expect(weightsIn(again.said())).toBe(weightsIn(alone.said()))
    expect(again.said()).not.toMatch(/banned|refused/)
  })
})
