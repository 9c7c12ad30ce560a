import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bundle, lockFile, writeBundle } from '@vigil/runs'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bundleFingerprint, readFingerprinted } from './bundle-fingerprint.ts'
import { readTrusted, signBundle, type Trust, takeBundle } from './bundle-signature.ts'
import { describedRequest, drawnTeam, eventsFolder } from './described-team.fixture.ts'

let bundle: Bundle
beforeAll(async () => {
  const folder = eventsFolder()
  const drawn = await drawnTeam(describedRequest(folder), { lstmHidden: [] })
  await drawn.close()
  folder.remove()
  bundle = drawn.bundle
})

let root: string
let run: string
let trust: Trust
let key: string
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'vigil-signed-'))
  run = await bundleIn('run', 1)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  key = keyIn('signing.key', privateKey)
  trust = { keys: join(root, 'trusted.pem'), team: 'edge', number: join(root, 'number') }
  writeFileSync(trust.keys, publicKey.export({ format: 'pem', type: 'spki' }))
})
afterEach(() => {
  rmSync(root, { recursive: true })
})

/** A run with the bundle as of an iteration. */
async function bundleIn(name: string, iteration: number): Promise<string> {
  const folder = join(root, name)
  await writeBundle(folder, { ...bundle, iteration })
  return folder
}

function keyIn(name: string, privateKey: KeyObject): string {
  const path = join(root, name)
  writeFileSync(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  return path
}

const fileOf = (name: string, folder = run) => join(folder, 'bundle', name)
const put = async (folder: string) => await (await takeBundle(folder, trust)).putToWork()

describe('a bundle, where keys are trusted', () => {
  it('is taken with the signature of one of them, and not without', async () => {
    await expect(takeBundle(run, trust)).rejects.toMatchObject({ code: 'BUNDLE_UNSIGNED' })
    expect(await signBundle(run, { team: 'edge', key, number: 3 })).toBe(fileOf('signature.json'))
    const taken = await takeBundle(run, trust)
    expect(taken.bundle).toEqual({ ...bundle, iteration: 1 })
    // A second key beside it.
    const other = generateKeyPairSync('ed25519')
    writeFileSync(
      trust.keys,
      other.publicKey.export({ format: 'pem', type: 'spki' }) + readFileSync(trust.keys, 'utf8'),
    )
    expect((await takeBundle(run, trust)).fingerprint).toBe(taken.fingerprint)
    await signBundle(run, { team: 'edge', key: keyIn('other.key', other.privateKey), number: 1 })
    expect((await takeBundle(run, trust)).fingerprint).toBe(taken.fingerprint)
  })

  it('is refused with a changed byte in any of its files, and nothing of it is read', async () => {
    await signBundle(run, { team: 'edge', key, number: 3 })
    for (const name of ['bundle.json', 'weights.bin', 'pipeline.json', 'belief.json', 'reference.json']) {
      const whole = readFileSync(fileOf(name))
      const changed = Buffer.from(whole)
      changed[Math.floor(changed.length / 2)] ^= 1
      writeFileSync(fileOf(name), changed)
      const code = name === 'bundle.json' ? 'BUNDLE_FOREIGN' : 'BUNDLE_INVALID'
      await expect(takeBundle(run, trust)).rejects.toMatchObject({ code })
      writeFileSync(fileOf(name), whole)
    }
    const signature = readFileSync(fileOf('signature.json'), 'utf8')
    for (const changed of [
      signature.replace('"number":3', '"number":4'),
      signature.replace(/"signature":"./, (text) => `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`),
      signature.slice(0, -3),
      '[]',
    ]) {
      writeFileSync(fileOf('signature.json'), changed)
      await expect(takeBundle(run, trust)).rejects.toMatchObject({ code: 'BUNDLE_FOREIGN' })
    }
    writeFileSync(fileOf('signature.json'), signature)
    expect((await takeBundle(run, trust)).bundle.iteration).toBe(1)
  })

  it('is refused with the signature of a foreign key, and with that of another bundle', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    await signBundle(run, { team: 'edge', key: keyIn('foreign.key', privateKey), number: 3 })
    await expect(takeBundle(run, trust)).rejects.toMatchObject({ code: 'BUNDLE_FOREIGN' })
    const other = await bundleIn('other', 2)
    await signBundle(other, { team: 'edge', key, number: 3 })
    cpSync(fileOf('signature.json', other), fileOf('signature.json'))
    await expect(takeBundle(run, trust)).rejects.toMatchObject({ code: 'BUNDLE_FOREIGN' })
  })

  it('is refused where the same key has signed it for another team, also with the other name written into the signature', async () => {
    await signBundle(run, { key, team: 'core', number: 3 })
    for (const read of [takeBundle, readTrusted]) {
      await expect(read(run, trust)).rejects.toMatchObject({
        code: 'BUNDLE_FOREIGN',
        message: expect.stringContaining('signed for the team core and not for edge'),
      })
    }
    const signature = readFileSync(fileOf('signature.json'), 'utf8')
    writeFileSync(fileOf('signature.json'), signature.replace('"team":"core"', '"team":"edge"'))
    for (const read of [takeBundle, readTrusted])
      await expect(read(run, trust)).rejects.toMatchObject({
        code: 'BUNDLE_FOREIGN',
        message: expect.stringContaining('signed by no key'),
      })
    writeFileSync(fileOf('signature.json'), signature)
    expect((await readTrusted(run, { ...trust, team: 'core' })).iteration).toBe(1)
  })

  it('has a number among those of its team: the number of another team is no measure', async () => {
    await signBundle(run, { key, team: 'core', number: 9 })
    await (await takeBundle(run, { ...trust, team: 'core' })).putToWork()
    await signBundle(run, { key, team: 'edge', number: 3 })
    await expect(takeBundle(run, trust)).rejects.toMatchObject({
      code: 'SECRET_INVALID',
      message: expect.stringContaining('it is of the team core, and this one is edge'),
    })
    await (await takeBundle(run, { ...trust, number: join(root, 'number of edge') })).putToWork()
  })

  it('is read beside the one at work with its signature, also where it is one from before, and puts nothing to work', async () => {
    await expect(readTrusted(run, trust)).rejects.toMatchObject({ code: 'BUNDLE_UNSIGNED' })
    const later = await bundleIn('later', 2)
    await signBundle(later, { key, team: 'edge', number: 4 })
    await put(later)
    await signBundle(run, { key, team: 'edge', number: 3 })
    expect((await readTrusted(run, trust)).iteration).toBe(1)
    expect(JSON.parse(readFileSync(trust.number, 'utf8'))).toMatchObject({ number: 4 })
    const weights = readFileSync(fileOf('bundle.json'))
    writeFileSync(fileOf('bundle.json'), `${weights} `)
    await expect(readTrusted(run, trust)).rejects.toMatchObject({ code: 'BUNDLE_FOREIGN' })
  })

  it('is refused where a later one was at work, until it is signed again with a higher number', async () => {
    await signBundle(run, { team: 'edge', key, number: 3 })
    await put(run)
    await put(run)
    const later = await bundleIn('later', 2)
    await signBundle(later, { team: 'edge', key, number: 3 })
    await expect(takeBundle(later, trust)).rejects.toMatchObject({ code: 'BUNDLE_OLD' })
    await signBundle(later, { team: 'edge', key, number: 4 })
    // What was looked at and not put to work changes nothing.
    await takeBundle(later, trust)
    await put(run)
    await put(later)
    await expect(takeBundle(run, trust)).rejects.toMatchObject({
      code: 'BUNDLE_OLD',
      message: expect.stringContaining('has number 3, and one with number 4 was at work'),
    })
    await signBundle(run, { team: 'edge', key, number: 5 })
    await put(run)
    await expect(takeBundle(later, trust)).rejects.toMatchObject({ code: 'BUNDLE_OLD' })
  })

  it('never goes back behind one that another service has put to work since it was taken', async () => {
    await signBundle(run, { team: 'edge', key, number: 3 })
    const slow = await takeBundle(run, trust)
    const later = await bundleIn('later', 2)
    await signBundle(later, { team: 'edge', key, number: 4 })
    await put(later)
    await expect(slow.putToWork()).rejects.toMatchObject({ code: 'BUNDLE_OLD' })
    expect(JSON.parse(readFileSync(trust.number, 'utf8'))).toMatchObject({ number: 4 })
  })

  it('waits for who writes the number, and writes none where it is kept already', async () => {
    await signBundle(run, { team: 'edge', key, number: 3 })
    const taken = await takeBundle(run, trust)
    const lock = await lockFile(`${trust.number}.lock`)
    // Held at once: it may be refused before the lock's release has returned.
    const refused = expect(taken.putToWork()).rejects.toMatchObject({ code: 'BUNDLE_OLD' })
    // Meanwhile a later one is put to work.
    writeFileSync(trust.number, JSON.stringify({ team: 'edge', number: 4, bundle: 'ab'.repeat(32) }))
    if (lock.holder === null) await lock.release()
    await refused
    writeFileSync(trust.number, JSON.stringify({ team: 'edge', number: 3, bundle: taken.fingerprint }))
    const held = await lockFile(`${trust.number}.lock`)
    const { mtimeNs } = statSync(trust.number, { bigint: true })
    await taken.putToWork()
    expect(statSync(trust.number, { bigint: true }).mtimeNs).toBe(mtimeNs)
    if (held.holder === null) await held.release()
  })

  it.each([
    ['no key', () => 'nonsense'],
    [
      'a key of another kind',
      () => generateKeyPairSync('x25519').publicKey.export({ format: 'pem', type: 'spki' }) as string,
    ],
  ])('is not judged by a file with %s', async (_, text) => {
    await signBundle(run, { team: 'edge', key, number: 1 })
    writeFileSync(trust.keys, text())
    await expect(takeBundle(run, trust)).rejects.toMatchObject({ code: 'SECRET_INVALID' })
  })

  it('is not judged where the number of the last one is unreadable', async () => {
    await signBundle(run, { team: 'edge', key, number: 1 })
    writeFileSync(trust.number, '{}')
    await expect(takeBundle(run, trust)).rejects.toMatchObject({ code: 'SECRET_INVALID' })
  })

  it('is not put to work where its number cannot be kept', async () => {
    await signBundle(run, { team: 'edge', key, number: 3 })
    const { putToWork } = await takeBundle(run, { ...trust, number: join(root, 'missing', 'number') })
    await expect(putToWork()).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      message: expect.stringContaining('--trust-number'),
    })
  })

  it('is signed as it was read, also where another takes its place again and again', async () => {
    const other = await bundleIn('other', 2)
    const iterations = new Map([
      [await bundleFingerprint(run), 1],
      [await bundleFingerprint(other), 2],
    ])
    const settings = [readFileSync(fileOf('bundle.json')), readFileSync(fileOf('bundle.json', other))]
    let isOver = false
    const exchanging = (async () => {
      for (let turn = 0; !isOver; turn++) {
        await writeFile(join(root, 'next'), settings[turn % 2])
        await rename(join(root, 'next'), fileOf('bundle.json'))
      }
    })()
    for (let time = 0; time < 30; time++) {
      const read = await readFingerprinted(run)
      expect(iterations.get(read.fingerprint)).toBe(read.bundle.iteration)
    }
    isOver = true
    await exchanging
  })

  it('is signed with no key that others may read', async () => {
    for (const mode of [0o666, 0o644, 0o640]) {
      chmodSync(key, mode)
      await expect(signBundle(run, { team: 'edge', key, number: 3 })).rejects.toMatchObject({ code: 'SECRET_INVALID' })
    }
  })
})
