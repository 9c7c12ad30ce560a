import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bundle } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describedEvents, drawnBundle } from '../drawn-team.fixture.ts'
import { teamTensors } from '../team-tensors.ts'
import { torchState } from './torch-state.ts'

/** Reads a state dictionary with Python's own zipfile and pickle, and takes no name but those that PyTorch allows for weights. */
const READER = `
import collections, json, pickle, struct, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
for info in archive.infolist():
    head = archive.fp.seek(info.header_offset + 26), archive.fp.read(4)
    name, extra = struct.unpack('<HH', head[1])
    assert (info.header_offset + 30 + name + extra) % 64 == 0, info.filename

def rebuild(storage, offset, size, stride, requires_grad, hooks):
    assert offset == 0 and requires_grad is False and hooks == {}
    return {'shape': size, 'stride': stride, 'values': storage}

class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        return {'torch._utils._rebuild_tensor_v2': rebuild, 'torch.FloatStorage': 'FloatStorage',
                'collections.OrderedDict': collections.OrderedDict}[module + '.' + name]
    def persistent_load(self, saved):
        word, kind, key, device, count = saved
        assert (word, kind, device) == ('storage', 'FloatStorage', 'cpu')
        return struct.unpack('<%df' % count, archive.read('team/data/' + key))

state = Reader(archive.open('team/data.pkl')).load()
print(json.dumps({'state': state, 'names': archive.namelist(),
                  'order': archive.read('team/byteorder').decode(), 'version': archive.read('team/version').decode(),
                  'metadata': json.loads(archive.read('team/extra/vigil.json'))}))
`

const hasPython = spawnSync('python3', ['--version']).status === 0

let events: ReturnType<typeof describedEvents>
let bundle: Bundle
let folder: string
beforeAll(async () => {
  events = describedEvents()
  bundle = await drawnBundle(events.request, { environment: { mode: 'stream' }, network: { lstmHidden: [11] } })
  folder = mkdtempSync(join(tmpdir(), 'vigil-torch-'))
})
afterAll(() => {
  events.remove()
  rmSync(folder, { recursive: true })
})

function read(bytes: Uint8Array) {
  writeFileSync(join(folder, 'team.pt'), bytes)
  return spawnSync('python3', ['-c', READER, join(folder, 'team.pt')], { encoding: 'utf8', maxBuffer: 2 ** 26 })
}

describe.skipIf(!hasPython)('a state dictionary, read by Python', () => {
  it('has every tensor of the team under its name, row-major, and what else deciding needs', () => {
    const { stdout, stderr } = read(torchState(bundle))
    expect(stderr).toBe('')
    const { state, names, order, version, metadata } = JSON.parse(stdout)
    const tensors = teamTensors(bundle)
    expect(Object.keys(state)).toEqual(tensors.map(({ name }) => name))
    for (const { name, shape, values } of tensors) {
      expect(state[name].shape).toEqual(shape)
      expect(state[name].values).toEqual(Array.from(values))
    }
    expect(state['policy.lstmRecurrent.0'].stride).toEqual([11 * 44, 44, 1])
    // Readers look for the pickle first, and take the folder from its path.
    expect(names[0]).toBe('team/data.pkl')
    expect({ order, version }).toEqual({ order: 'little', version: '3\n' })
    expect(JSON.parse(metadata.pipeline)).toEqual(bundle.pipeline)
  })

  it('is refused with a value changed: the archive knows the sums of its files', () => {
    const bytes = torchState(bundle)
    bytes[bytes.length >> 1] ^= 1
    expect(read(bytes).status).not.toBe(0)
  })
})
