import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** How a training ends that a signal or a full disk ends: saved or untouched, one message, an exit code that says so. */
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-ended-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const SCRIPT = new URL('./train.ts', import.meta.url).pathname
const SMALL = [
  '--environment=triage',
  '--policy-hidden=16',
  '--value-hidden=8',
  '--rows-per-iteration=256',
  '--minibatch-size=256',
  '--actors=1',
]
const env = { ...process.env, VIGIL_NX_COMMAND_LINE: undefined, VIGIL_NX_EXIT_CODE_FILE: undefined }

/** Trains until something is said, and sends a signal then. */
async function signalled(signal: NodeJS.Signals, at: string, flags: readonly string[]) {
  const child = spawn(process.execPath, [SCRIPT, ...SMALL, ...flags], { cwd: folder, env })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => {
    stdout += text
    // Once: a second signal would not let it save.
    if (stdout.includes(at) && !child.killed) child.kill(signal)
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  const [status, by] = await once(child, 'close')
  return { status, by, stdout, stderr }
}

describe('a signal', () => {
  it('lets a training save, and the exit code is not that of a finished one', async () => {
    const { status, stdout, stderr } = await signalled('SIGTERM', 'steps/s', [
      ...['--rows=2000', '--iterations=100000', '--max-false-positive-rate=0.03', '--out=stopped'],
    ])
    expect(stderr).toBe('')
    expect(stdout).toMatch(
      /Stopped after iteration \d+ of 100000\. Go on with: .*--resume=stopped --max-false-positive-rate=0\.03\n$/,
    )
    expect(status).toBe(143)
    expect(readdirSync(join(folder, 'stopped', 'checkpoints'))).toContain('latest.checkpoint')
    expect(existsSync(join(folder, 'stopped', 'evaluation.json'))).toBe(false)
  })

  it('ends the reading of data at once, with nothing written', async () => {
    const { by, stderr } = await signalled('SIGTERM', 'generating', ['--rows=5000000', '--out=unread'])
    expect({ by, stderr }).toEqual({ by: 'SIGTERM', stderr: '' })
    expect(existsSync(join(folder, 'unread'))).toBe(false)
  })
})

const shell = (script: string) => spawnSync('sh', ['-c', script]).status === 0
const isMountable = shell('d=$(mktemp -d) && mount -t tmpfs none $d && umount $d; s=$?; rmdir $d; exit $s')

describe('a full disk', () => {
  it('for the output ends the command with one line', () => {
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, ...SMALL, '--rows=2000', '--out=unheard'], {
      cwd: folder,
      encoding: 'utf8',
      env,
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    })
    expect(stderr).toBe('error OUTPUT: The output could not be written: no space is left on the device (ENOSPC).\n')
    expect(status).toBe(1)
    expect(existsSync(join(folder, 'unheard'))).toBe(false)
  })

  it.skipIf(!isMountable)('for the run leaves whole files (needs the right to mount one)', () => {
    const disk = join(folder, 'disk')
    for (const size of [24, 64, 320, 448]) {
      expect(shell(`mkdir -p ${disk} && mount -t tmpfs -o size=${size}k none ${disk}`)).toBe(true)
      try {
        const flags = ['--rows=2000', '--iterations=3', '--validate-every=1', `--out=${disk}/run`]
        const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...SMALL, ...flags], {
          cwd: folder,
          encoding: 'utf8',
          env,
        })
        expect(stderr).toMatch(/^error \w+: .*\(?ENOSPC\)?.*\n$/)
        expect(stderr.match(/\n/g)).toHaveLength(1)
        expect({ size, status }).toEqual({ size, status: 1 })
        expect(stdout).not.toContain('report')
        assertWhole(join(disk, 'run'))
      } finally {
        shell(`umount ${disk}`)
      }
    }
  })
})

/** Every file that is there can be read to its end, and none is left that was under way. */
function assertWhole(run: string): void {
  for (const name of existsSync(run) ? readdirSync(run) : []) {
    expect(name).toMatch(/^(\.lock|checkpoints|[\w-]+\.(json|jsonl|html|bin))$/)
    const text = name === 'checkpoints' ? '' : readFileSync(join(run, name), 'utf8')
    if (name.endsWith('.json')) JSON.parse(text)
    if (name.endsWith('.jsonl')) expect(text).toMatch(/^({.*}\n)*$/)
  }
  const checkpoints = join(run, 'checkpoints')
  for (const name of existsSync(checkpoints) ? readdirSync(checkpoints) : []) {
    expect(name).toMatch(/^[\w-]+\.checkpoint$/)
    const bytes = readFileSync(join(checkpoints, name))
    const header = JSON.parse(bytes.subarray(12, 12 + bytes.readUInt32LE(8)).toString())
    const sections = Object.values<number>(header.sections).reduce((sum, length) => sum + length, 0)
    expect(bytes.length).toBe(12 + bytes.readUInt32LE(8) + sections + 32)
  }
}
