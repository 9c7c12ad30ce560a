import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { agree, encodeCertificates, encodePublicTeam, generateTeamKeys, type Terms } from '@vigil/agreement'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const COMMAND = fileURLToPath(new URL('./verify.ts', import.meta.url))

const run = 'ab'.repeat(32)
const keys = generateTeamKeys(4)
const publicKeys = keys.map(({ publicKey }) => publicKey)
const votes = keys.map((_, agent) => ({
  actions: Uint8Array.of(agent, 1, agent, 1, 0),
  scores: Float32Array.of(0.5, 1, 0.5, 1, 0),
}))
/** Three batches: rows 0 and 1, rows 2 and 3, row 4. */
const terms: Terms = {
  run,
  epoch: 7,
  agentCount: 4,
  faults: 1,
  decision: { rule: 'quorum' },
  rows: 5,
  batchRows: 2,
}
const certificates = agree({ terms, keys, votes })

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-verify-'))
  writeFileSync(join(folder, 'public-keys.json'), encodePublicTeam({ ...terms, publicKeys }))
  writeFileSync(join(folder, 'sound.bin'), encodeCertificates(certificates))
  writeFileSync(join(folder, 'short.bin'), encodeCertificates(certificates.slice(0, 2)))
  writeFileSync(join(folder, 'turned.bin'), encodeCertificates([certificates[1], certificates[0], certificates[2]]))
  for (const [name, change] of Object.entries({
    majority: { decision: { rule: 'majority' } },
    blocking: { decision: { rule: 'quorum', fallbackAction: 1 } },
    longer: { rows: 7 },
    shorter: { rows: 4 },
    earlier: { epoch: 6 },
  } as const))
    writeFileSync(join(folder, `${name}.json`), encodePublicTeam({ ...terms, ...change, publicKeys }))
  writeFileSync(join(folder, 'gap.bin'), encodeCertificates([certificates[0], certificates[2]]))
  writeFileSync(join(folder, 'empty.bin'), encodeCertificates([]))
  const wrong = { ...certificates[1], actions: Uint8Array.of(0, 0) }
  writeFileSync(join(folder, 'wrong.bin'), encodeCertificates([certificates[0], wrong, certificates[2]]))
  writeFileSync(
    join(folder, 'twice.bin'),
    encodeCertificates([certificates[0], certificates[0], certificates[1], certificates[2]]),
  )
  writeFileSync(join(folder, 'torn.bin'), encodeCertificates(certificates).subarray(0, 200))
  const text = encodePublicTeam({ ...terms, publicKeys })
  const identity = `01${'00'.repeat(31)}`
  writeFileSync(join(folder, 'weak.json'), text.replace(publicKeys[2], identity))
  writeFileSync(join(folder, 'again.json'), text.replace(publicKeys[2], publicKeys[1]))
  writeFileSync(join(folder, 'exponent.json'), text.replace('"faults": 1', '"faults": 1e0'))
  writeFileSync(join(folder, 'twofold.json'), text.replace('{', '{\n  "rows": 9,'))
  writeFileSync(join(folder, 'marked.json'), `\u{feff}${text}`)
  writeFileSync(join(folder, 'nested.json'), '['.repeat(30_000) + ']'.repeat(30_000))
  writeFileSync(join(folder, 'long.json'), text + ' '.repeat(10_000_000))
  const elsewhere = {
    ...certificates[2],
    settings: { ...certificates[2].settings, domain: { run, epoch: 6, batch: 99 } },
  }
  writeFileSync(join(folder, 'foreign.bin'), encodeCertificates([elsewhere, certificates[0], certificates[1]]))
  const strangers = generateTeamKeys(4).map(({ publicKey }) => publicKey)
  writeFileSync(join(folder, 'strangers.json'), encodePublicTeam({ ...terms, publicKeys: strangers }))
  writeFileSync(join(folder, 'certificates-validation.bin'), encodeCertificates(certificates))
  writeFileSync(join(folder, 'public-keys-validation.json'), encodePublicTeam({ ...terms, publicKeys }))
  mkdirSync(join(folder, 'elsewhere'))
  writeFileSync(join(folder, 'elsewhere', 'sound.bin'), encodeCertificates(certificates))
})
afterAll(() => rmSync(folder, { recursive: true }))

function verify(...words: string[]) {
  const { VIGIL_NX_COMMAND_LINE: _words, VIGIL_NX_EXIT_CODE_FILE: _file, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...words], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe('verify', () => {
  it('finds sound certificates sound, and says by which keys', () => {
    const { status, stdout, stderr } = verify('--certificates=sound.bin')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^Public keys public-keys\.json, SHA-256 [0-9a-f]{64}$/m)
    expect(stdout).toContain(`Run ${run}, epoch 7: n = 4, f = 1, rule quorum, fallback 3\n5 rows in batches of 2\n`)
    expect(stdout).toMatch(/^3 certificates for 3 batches, 0 wrong; 5 of 5 decisions hold$/m)
  })

  it('gives what holds as JSON', () => {
    const { status, stdout } = verify('--certificates=sound.bin', '--json')
    const result = { certificates: 3, batches: 3, rows: 5 }
    expect({ status, ...JSON.parse(stdout) }).toEqual({ status: 0, command: 'tools:verify', exitCode: 0, result })
  })

  it('takes the keys of the split whose certificates it checks', () => {
    const { status, stdout } = verify('--certificates=certificates-validation.bin')
    expect(status).toBe(0)
    expect(stdout).toContain('Public keys public-keys-validation.json, SHA-256 ')
  })

  it.each([
    ['wrong.bin', [], 'batch 1: WRONG_DECISIONS'],
    ['twice.bin', [], 'batch 0: REPEATED'],
    ['gap.bin', [], 'batch 1: MISSING'],
    ['short.bin', [], 'batch 2: MISSING'],
    ['turned.bin', [], 'batch 0: MISPLACED'],
    // A certificate of no batch of this team neither fills a gap nor moves the others out of place.
    ['foreign.bin', [], 'batch 99: WRONG_EPOCH\nbatch 2: MISSING\n3 certificates for 3 batches, 1 wrong; 4 of 5'],
    ['sound.bin', ['--keys=strangers.json'], 'batch 0: BAD_SIGNATURE\nbatch 1: BAD_SIGNATURE'],
    // What the team agreed on is in the keys' file: a verifier that has its SHA-256 knows it.
    ['sound.bin', ['--keys=majority.json'], 'batch 0: WRONG_TERMS'],
    ['sound.bin', ['--keys=blocking.json'], 'batch 0: WRONG_TERMS'],
    ['sound.bin', ['--keys=longer.json'], 'batch 2: WRONG_TERMS\nbatch 3: MISSING'],
    ['sound.bin', ['--keys=shorter.json'], 'batch 2: WRONG_BATCH'],
    ['sound.bin', ['--keys=earlier.json'], 'batch 0: WRONG_EPOCH'],
  ])('ends with 1 and names what is wrong in %s %j', (file, words, line) => {
    const { status, stdout, stderr } = verify(`--certificates=${file}`, ...words)
    expect(status).toBe(1)
    expect(stdout).toContain(line)
    expect(stderr).toMatch(/^error CHECK_FAILED: \d of \d certificates do not hold[.,]/)
  })

  it.each([
    ['a missing file', ['--certificates=missing.bin'], 2, 'error INPUT_FILE: missing.bin cannot be read'],
    [
      'a missing file in a folder without keys',
      ['--certificates=elsewhere/missing.bin'],
      2,
      'error INPUT_FILE: elsewhere/missing.bin cannot be read',
    ],
    [
      'missing keys',
      ['--certificates=elsewhere/sound.bin'],
      2,
      'error INPUT_FILE: elsewhere/public-keys.json cannot be read',
    ],
    ['no file', [], 2, 'error INVALID_VALUE: --certificates must be'],
    ['what was decided without its keys', ['--decided=.'], 2, 'error INVALID_VALUE: --decided needs the manifest of a'],
    [
      'keys of one process',
      ['--decided=.', '--certificates=sound.bin', '--keys=public-keys.json'],
      2,
      '--decided needs',
    ],
    ['a decision and what was decided', ['--decision=7', '--decided=.'], 2, '--decided is of certificates, and --dec'],
    ['the run of no decision', ['--certificates=sound.bin', '--run=.'], 2, '--run is of one logged decision. Name it'],
    ['an unknown flag', ['--certificate=x'], 2, 'Did you mean --certificates?'],
    ['a torn file', ['--certificates=torn.bin'], 3, 'error CERTIFICATE_FILE: The file must be complete'],
    ['a file without certificates', ['--certificates=empty.bin'], 3, 'must hold a certificate, received none'],
    ['keys for certificates', ['--certificates=public-keys.json'], 3, 'error CERTIFICATE_FILE: '],
    [
      'certificates for keys',
      ['--certificates=sound.bin', '--keys=sound.bin'],
      3,
      'error KEYS_FILE: The keys must be JSON',
    ],
    ['a key of small order', ['--certificates=sound.bin', '--keys=weak.json'], 3, 'received publicKeys[2]'],
    ['a key twice', ['--certificates=sound.bin', '--keys=again.json'], 3, 'received publicKeys[2]'],
    ['a number in another form', ['--certificates=sound.bin', '--keys=exponent.json'], 3, 'byte for byte'],
    ['a name that is said twice', ['--certificates=sound.bin', '--keys=twofold.json'], 3, 'byte for byte'],
    ['a mark of the byte order', ['--certificates=sound.bin', '--keys=marked.json'], 3, 'error KEYS_FILE: '],
    [
      'a list that is nested deep',
      ['--certificates=sound.bin', '--keys=nested.json'],
      3,
      'must be a JSON object, received a list',
    ],
    [
      'a long file of keys',
      ['--certificates=sound.bin', '--keys=long.json'],
      3,
      'must be no longer than 65536 bytes, received 65537',
    ],
  ])('%s: %j ends with %i', (_, words, code, message) => {
    const { status, stdout, stderr } = verify(...words)
    expect({ status, stdout }).toEqual({ status: code, stdout: '' })
    expect(stderr).toContain(message)
  })

  it('explains itself', () => {
    const { status, stdout } = verify('--help')
    expect(status).toBe(0)
    expect(stdout).toContain('--certificates=FILE')
  })
})
