import type { Bundle } from '@vigil/runs'
import { teamMetadata } from '../team-metadata.ts'
import { teamTensors } from '../team-tensors.ts'
import { pickledTensors } from './pickle.ts'
import { storedZip } from './stored-zip.ts'

/** The folder inside the archive. */
const ROOT = 'team'

/**
 * A team as `torch.save` writes a state dictionary: a ZIP archive with a pickle of the tensors' names and shapes, and the values
 * (f32, little-endian) tensor by tensor. Names and shapes are those of safetensors; `extra/vigil.json` has the metadata.
 *
 * @example
 * ```ts
 * await writeFile('team.pt', torchState(await readBundle('runs/NAME')))
 * ```
 */
export function torchState(bundle: Bundle): Uint8Array {
  const tensors = teamTensors(bundle)
  const pickled = pickledTensors(tensors.map(({ name, shape }, i) => ({ name, shape, storage: `${i}` })))
  const file = (path: string, bytes: Uint8Array | string) => ({ path: `${ROOT}/${path}`, bytes: Buffer.from(bytes) })
  return storedZip([
    file('data.pkl', pickled),
    file('byteorder', 'little'),
    file('extra/vigil.json', `${JSON.stringify(teamMetadata(bundle))}\n`),
    ...tensors.map(({ values }, i) =>
      file(`data/${i}`, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
    ),
    file('version', '3\n'),
  ])
}
