import type { Bundle } from '@vigil/runs'
import { teamMetadata } from './team-metadata.ts'
import { teamTensors } from './team-tensors.ts'

/** Tensors begin at multiples of this many bytes. */
const ALIGNMENT = 8

/**
 * A team as a file of safetensors (https://github.com/huggingface/safetensors): the length of the header (u64, little-endian), the
 * header (JSON), the tensors (f32, little-endian, row-major) without gaps. docs/export.md has the names and the metadata.
 *
 * @example
 * ```ts
 * await writeFile('team.safetensors', safetensorsFile(await readBundle('runs/NAME')))
 * ```
 */
export function safetensorsFile(bundle: Bundle): Uint8Array {
  const tensors = teamTensors(bundle)
  let end = 0
  const entries = tensors.map(({ name, shape, values }) => {
    const begin = end
    end += values.byteLength
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }] as const
  })
  const text = JSON.stringify({ __metadata__: teamMetadata(bundle), ...Object.fromEntries(entries) })
  const length = Math.ceil(Buffer.byteLength(text) / ALIGNMENT) * ALIGNMENT
  const file = Buffer.alloc(8 + length + end, ' ')
  file.writeBigUInt64LE(BigInt(length))
  file.write(text, 8)
  for (const [i, { values }] of tensors.entries()) {
    // Little-endian, as every host that Node runs WebAssembly shared memory on.
    file.set(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      8 + length + entries[i][1].data_offsets[0],
    )
  }
  return file
}
