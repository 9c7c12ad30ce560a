/** An independent reader of event files, from the descriptions of TFRecord and of protobuf's wire format alone. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** CRC-32C bit by bit. */
function crcBitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = ((crc ^ (byte >> bit)) & 1) === 1
      crc = isOdd ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    }
  }
  return ~crc >>> 0
}

const masked = (crc: number) => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0

/** The payloads of a file. Refuses one whose sums are wrong; leaves a torn one at the end out. */
export function readRecords(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const payloads: Uint8Array[] = []
  for (let at = 0; at + 12 <= file.length; ) {
    const length = Number(view.getBigUint64(at, true))
    if (view.getUint32(at + 8, true) !== masked(crcBitByBit(file.subarray(at, at + 8))))
      throw new Error('sum of a length')
    if (at + 16 + length > file.length) break
    const payload = file.subarray(at + 12, at + 12 + length)
    if (view.getUint32(at + 12 + length, true) !== masked(crcBitByBit(payload))) throw new Error('sum of a payload')
    payloads.push(payload)
    at += 16 + length
  }
  return payloads
}

/** Field number -> values: numbers of varints, bytes of everything else. */
export function fieldsOf(message: Uint8Array): Map<number, (number | Uint8Array)[]> {
  const fields = new Map<number, (number | Uint8Array)[]>()
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = message[at++]
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const key = varint()
    const [field, wire] = [key >>> 3, key & 7]
    const length = wire === 0 ? 0 : wire === 1 ? 8 : wire === 5 ? 4 : varint()
    const value = wire === 0 ? varint() : message.subarray(at, at + length)
    at += length
    fields.set(field, [...(fields.get(field) ?? []), value])
  }
  return fields
}

const text = (bytes: unknown) => new TextDecoder().decode(bytes as Uint8Array)
const f32 = (bytes: unknown) => Buffer.from(bytes as Uint8Array).readFloatLE()

/**
 * The curves of a folder as TensorBoard shows them: files in the order of their names, and a START makes what comes from its step on
 * void, as `EventAccumulator` does with files of version 2.
 */
export function curvesOf(folder: string): Map<string, (readonly [step: number, value: number])[]> {
  const curves = new Map<string, (readonly [number, number])[]>()
  for (const name of readdirSync(folder).sort()) {
    for (const [i, payload] of readRecords(readFileSync(join(folder, name))).entries()) {
      const event = fieldsOf(payload)
      const step = (event.get(2)?.[0] as number | undefined) ?? 0
      if (i === 0 && text(event.get(3)?.[0]) !== 'brain.Event:2') throw new Error(`${name} has no version`)
      const log = event.get(7)?.[0]
      if (log !== undefined && fieldsOf(log as Uint8Array).get(1)?.[0] === 1) {
        for (const [tag, points] of curves)
          curves.set(
            tag,
            points.filter(([own]) => own < step),
          )
      }
      const summary = event.get(5)?.[0]
      for (const value of summary === undefined ? [] : (fieldsOf(summary as Uint8Array).get(1) ?? [])) {
        const fields = fieldsOf(value as Uint8Array)
        const tag = text(fields.get(1)?.[0])
        if (fields.has(2)) curves.set(tag, [...(curves.get(tag) ?? []), [step, f32(fields.get(2)?.[0])]])
      }
    }
  }
  return curves
}

/** Histograms of a file by tag, as [step, figures by their field numbers]. */
export function histogramsOf(file: Uint8Array): Map<string, [step: number, fields: Map<number, number[]>][]> {
  const found = new Map<string, [number, Map<number, number[]>][]>()
  for (const event of readRecords(file).map(fieldsOf)) {
    const summary = event.get(5)?.[0]
    for (const value of summary === undefined ? [] : (fieldsOf(summary as Uint8Array).get(1) ?? [])) {
      const fields = fieldsOf(value as Uint8Array)
      const histogram = fields.get(5)?.[0]
      if (histogram === undefined) continue
      const tag = text(fields.get(1)?.[0])
      const own = new Map(
        Array.from(fieldsOf(histogram as Uint8Array), ([field, [bytes]]): [number, number[]] => [
          field,
          doubles(bytes),
        ]),
      )
      found.set(tag, [...(found.get(tag) ?? []), [(event.get(2)?.[0] as number | undefined) ?? 0, own]])
    }
  }
  return found
}

function doubles(value: unknown): number[] {
  const bytes = Buffer.from(value as Uint8Array)
  return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i))
}
