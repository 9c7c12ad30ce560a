import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { agreedChain, next, team } from './agreed-batch.fixture.ts'
import { openCertificateLog } from './certificate-log.ts'

const [first, second] = agreedChain([['[1,{}]'], ['[2,{}]']]).map(({ certificate }) => certificate)

const stranger = { ...team, id: 'cd'.repeat(32) }
const teamAt = (batch: number) => (batch < 1 ? team : next.team)

let path: string
/** Bytes of the file with the head, with the first certificate, and with both. */
let sizes: number[]
beforeEach(async () => {
  path = join(mkdtempSync(join(tmpdir(), 'vigil-certificates-')), 'certificates.bin')
  const log = await openCertificateLog(path, () => team, [team])
  sizes = [readFileSync(path).length]
  for (const certificate of [first, second]) {
    await log.append(certificate)
    sizes.push(readFileSync(path).length)
  }
  await log.close()
})
afterEach(() => rmSync(join(path, '..'), { recursive: true }))

async function countOf(bytes: Uint8Array): Promise<number> {
  writeFileSync(path, bytes)
  const log = await openCertificateLog(path, () => team, [team])
  await log.close()
  return log.place.batch
}

describe('a file of certificates', () => {
  it('is gone on with behind what was stored, where the power failed before all bytes were', async () => {
    const whole = readFileSync(path)
    expect(await countOf(Buffer.concat([whole, Buffer.alloc(5000)]))).toBe(2)
    expect(readFileSync(path)).toEqual(whole)
    const length = whole.length - sizes[1]
    for (const [from, count] of [
      [0, length],
      [4, length - 4],
      [length / 2, length / 2],
      [length - 40, 40],
    ]) {
      const torn = Buffer.from(whole)
      torn.fill(0, sizes[1] + Math.floor(from), sizes[1] + Math.floor(from) + Math.floor(count))
      expect(await countOf(torn)).toBe(1)
      expect(readFileSync(path)).toEqual(whole.subarray(0, sizes[1]))
    }
    const log = await openCertificateLog(path, () => team, [team])
    await log.append(second)
    await log.close()
    expect(readFileSync(path)).toEqual(whole)
  })

  it('is begun anew where its only certificate is half written, and not where that is of another team', async () => {
    const only = readFileSync(path).subarray(0, sizes[1])
    for (const from of [sizes[0] + 60, sizes[1] - 40]) {
      expect(await countOf(Buffer.from(only).fill(0, from))).toBe(0)
      expect(readFileSync(path)).toEqual(only.subarray(0, sizes[0]))
    }
    writeFileSync(path, only)
    await expect(openCertificateLog(path, () => stranger, [stranger])).rejects.toMatchObject({
      code: 'LOG_INVALID',
    })
    expect(readFileSync(path)).toEqual(only)
  })

  it('that ends in an epoch which is not known is refused as it is', async () => {
    const over = agreedChain([['[1,{}]'], ['[2,{}]']], 1)
    const log = await openCertificateLog(`${path}.2`, teamAt, [team, next.team])
    for (const { certificate } of over) await log.append(certificate)
    await log.close()
    const whole = readFileSync(`${path}.2`)
    await expect(openCertificateLog(`${path}.2`, () => team, [team])).rejects.toMatchObject({ code: 'EPOCH_OLD' })
    expect(readFileSync(`${path}.2`)).toEqual(whole)
  })

  it('that ends with a whole certificate of an epoch whose successor begins no later is refused as it is', async () => {
    const whole = readFileSync(path)
    const over = () => openCertificateLog(path, teamAt, [team, next.team])
    await expect(over()).rejects.toMatchObject({
      code: 'TEAM_BROKEN',
      message: expect.stringContaining(
        'Epoch 0 has certified batch 1, and a quorum of it has signed that epoch 1 begins no later',
      ),
    })
    expect(readFileSync(path)).toEqual(whole)
    // Half of it is what the power's end leaves.
    writeFileSync(path, Buffer.from(whole).fill(0, whole.length - 40))
    const log = await over()
    expect(log.place.batch).toBe(1)
    await log.close()
  })

  it('is begun anew where its first bytes are torn, and another file is refused as it is', async () => {
    const head = readFileSync(path).subarray(0, sizes[0])
    for (const torn of [head.subarray(0, 5), Buffer.alloc(5), Buffer.alloc(head.length)]) {
      expect(await countOf(torn)).toBe(0)
      expect(readFileSync(path)).toEqual(head)
    }
    for (const other of ['my notes', 'some other text', 'x'.repeat(head.length), '\0'.repeat(100)]) {
      await expect(countOf(Buffer.from(other))).rejects.toMatchObject({ code: 'LOG_INVALID' })
      expect(readFileSync(path, 'utf8')).toBe(other)
    }
  })

  it('of another team, or with a hole before its end, is refused as it is', async () => {
    const whole = readFileSync(path)
    await expect(openCertificateLog(path, () => stranger, [stranger])).rejects.toMatchObject({
      code: 'LOG_INVALID',
    })
    expect(readFileSync(path)).toEqual(whole)
    const holed = Buffer.from(whole)
      .fill(0, sizes[0] + 40, sizes[0] + 80)
      .fill(0, sizes[1] + 40, sizes[1] + 80)
    await expect(countOf(holed)).rejects.toMatchObject({ code: 'LOG_INVALID' })
    expect(readFileSync(path)).toEqual(holed)
  })
})
