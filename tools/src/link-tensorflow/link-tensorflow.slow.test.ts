/**
 * The files and the refusals of linking, on a wheel and a package that the tests lay out with the names of the real ones.
 * The build against a real TensorFlow needs 1.3 GB of it: docs/engines.md says what was run by hand.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { assertCanBuild, runAddon } from './addon.ts'
import { layLibrary } from './lay-library.ts'
import { findNodePackage } from './node-package.ts'
import { findTensorflow } from './python.ts'
import { describeWheel, nvidiaLibraryFolders, readWheel } from './wheel.ts'

let root: string
let wheelFolder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vigil-link-'))
  wheelFolder = join(root, 'site-packages', 'tensorflow')
})
afterEach(() => rmSync(root, { recursive: true }))

const hasPython = spawnSync('python3', ['--version']).status === 0

/** As tensorflow_cpu-2.21.0 writes it, and as builds for CUDA do. */
const CPU_BUILD = `build_info = collections.OrderedDict([('is_cuda_build', False), ('is_rocm_build', False)])\n`
const CUDA_BUILD = `build_info = collections.OrderedDict([('cuda_compute_capabilities', ['sm_90']), ('cuda_version', '12.5.1'), ('cudnn_version', '9'), ('is_cuda_build', True)])\n`

function put(path: string, text = ''): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function layWheel(buildInfo = CPU_BUILD): void {
  put(join(wheelFolder, '__init__.py'))
  put(join(wheelFolder, 'libtensorflow_cc.so.2'), 'library')
  put(join(wheelFolder, 'libtensorflow_framework.so.2'), 'framework')
  put(join(wheelFolder, 'include', 'tensorflow', 'c', 'c_api.h'), 'header')
  put(join(wheelFolder, 'python', 'platform', 'build_info.py'), buildInfo)
  const site = dirname(wheelFolder)
  // Another package that is called tensorflow-something.
  put(join(site, 'tensorflow_estimator-2.15.0.dist-info', 'METADATA'), 'Name: tensorflow-estimator\nVersion: 2.15.0\n')
  put(join(site, 'tensorflow_estimator-2.15.0.dist-info', 'RECORD'), 'tensorflow_estimator/__init__.py,sha256=x,1\n')
  const own = join(site, 'tensorflow_cpu-2.21.0.dist-info')
  put(join(own, 'METADATA'), 'Metadata-Version: 2.4\nName: tensorflow_cpu\nVersion: 2.21.0\nSummary: Version: 1\n')
  put(join(own, 'RECORD'), 'tensorflow/__init__.py,sha256=x,1\ntensorflow/libtensorflow_cc.so.2,sha256=x,7\n')
}

function layNodePackage(name = 'tfjs-node'): string {
  const folder = join(root, 'project', 'node_modules', '@tensorflow', name)
  put(join(folder, 'package.json'), JSON.stringify({ name: `@tensorflow/${name}`, version: '4.22.0' }))
  put(join(folder, 'scripts', 'deps-constants.js'), `const LIBTENSORFLOW_VERSION = '2.9.1';\n`)
  return folder
}

const nodePackage = () => findNodePackage(join(root, 'project', 'index.js'))

describe('readWheel', () => {
  it('reads version and build, of the package that has brought the library', () => {
    layWheel()
    const wheel = readWheel(wheelFolder)
    expect(wheel).toMatchObject({ name: 'tensorflow_cpu', version: '2.21.0', cudaVersion: null, cudnnVersion: null })
    expect(describeWheel(wheel)).toBe(`TensorFlow 2.21.0 (tensorflow_cpu), built without CUDA, in ${wheelFolder}`)
  })

  it('reads which CUDA a build is for, and finds its libraries', () => {
    layWheel(CUDA_BUILD)
    const site = dirname(wheelFolder)
    for (const name of ['cudnn', 'cublas']) put(join(site, 'nvidia', name, 'lib', 'lib.so'))
    put(join(site, 'nvidia', '__init__.py'))
    const wheel = readWheel(wheelFolder)
    expect(describeWheel(wheel)).toContain('built for CUDA 12.5.1 and cuDNN 9')
    expect(nvidiaLibraryFolders(wheel)).toEqual(['cublas', 'cudnn'].map((name) => join(site, 'nvidia', name, 'lib')))
  })

  it.each(['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2', 'include/tensorflow/c/c_api.h'])(
    'refuses a folder without %s',
    (file) => {
      layWheel()
      rmSync(join(wheelFolder, file))
      expect(() => readWheel(wheelFolder)).toThrow(
        expect.objectContaining({ code: 'TENSORFLOW_FILES', message: expect.stringContaining(file) }),
      )
    },
  )

  it('refuses a library that no wheel has brought', () => {
    layWheel()
    rmSync(join(dirname(wheelFolder), 'tensorflow_cpu-2.21.0.dist-info'), { recursive: true })
    expect(() => readWheel(wheelFolder)).toThrow(/dist-info/)
  })
})

describe('layLibrary', () => {
  it('lays links where the build looks, in place of a library that was downloaded', () => {
    layWheel()
    const folder = layNodePackage()
    const lib = join(folder, 'deps', 'lib')
    put(join(lib, 'libtensorflow.so.2'), 'an old one')
    for (let run = 0; run < 2; run++) layLibrary(readWheel(wheelFolder), nodePackage())
    for (const name of ['libtensorflow.so', 'libtensorflow.so.2.9.1', 'libtensorflow_cc.so.2']) {
      expect(readlinkSync(join(lib, name))).toBe(join(wheelFolder, 'libtensorflow_cc.so.2'))
    }
    for (const name of ['libtensorflow_framework.so', 'libtensorflow_framework.so.2']) {
      expect(readFileSync(join(lib, name), 'utf8')).toBe('framework')
    }
    expect(readFileSync(join(folder, 'deps', 'include', 'tensorflow', 'c', 'c_api.h'), 'utf8')).toBe('header')
    expect(existsSync(join(lib, 'libtensorflow.so.2'))).toBe(false)
    // Laying twice must not have followed a link into the wheel.
    expect(existsSync(join(wheelFolder, 'libtensorflow_cc.so.2'))).toBe(true)
  })
})

describe('findNodePackage', () => {
  it('takes the package for GPUs first, as the backend does, and names the command where there is none', () => {
    layNodePackage()
    expect(nodePackage()).toMatchObject({ name: '@tensorflow/tfjs-node', version: '4.22.0', libraryVersion: '2.9.1' })
    layNodePackage('tfjs-node-gpu')
    expect(nodePackage().name).toBe('@tensorflow/tfjs-node-gpu')
    expect(() => findNodePackage(join(root, 'elsewhere', 'index.js'))).toThrow(
      expect.objectContaining({
        code: 'NODE_PACKAGE_MISSING',
        message: expect.stringContaining('npm install --no-save --ignore-scripts @tensorflow/tfjs-node@4.22.0'),
      }),
    )
  })
})

describe('assertCanBuild', () => {
  it('names the compiler that is missing', () => {
    layWheel()
    vi.stubEnv('CXX', 'no-such-compiler')
    try {
      expect(() => assertCanBuild(readWheel(wheelFolder))).toThrow(
        expect.objectContaining({
          code: 'COMPILER_MISSING',
          message: expect.stringContaining('apt-get install g++ make'),
        }),
      )
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it('refuses a path that the linker would cut', () => {
    wheelFolder = join(root, 'site packages', 'tensorflow')
    layWheel()
    expect(() => assertCanBuild(readWheel(wheelFolder))).toThrow(expect.objectContaining({ code: 'TENSORFLOW_FILES' }))
  })
})

describe('runAddon', () => {
  it('reports an add-on that does not load', () => {
    const folder = layNodePackage()
    put(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'), 'not a library')
    expect(() => runAddon(nodePackage())).toThrow(
      expect.objectContaining({ code: 'ADDON', message: expect.stringMatching(/must load too: .*tfjs_binding\.node/) }),
    )
  })
})

describe.skipIf(!hasPython)('findTensorflow', () => {
  it('takes the folder itself or the site-packages around it', () => {
    layWheel()
    expect(findTensorflow(wheelFolder)).toBe(wheelFolder)
    expect(findTensorflow(dirname(wheelFolder))).toBe(wheelFolder)
    expect(() => findTensorflow(join(root, 'nowhere'))).toThrow(/--tensorflow must be a folder, but there is no /)
  })
})

describe.skipIf(process.platform !== 'linux')('the command', () => {
  const link = (flags: readonly string[], environment: NodeJS.ProcessEnv = {}) => {
    const script = new URL('./link-tensorflow.ts', import.meta.url).pathname
    const env = { ...process.env, VIGIL_NX_COMMAND_LINE: undefined, VIGIL_NX_EXIT_CODE_FILE: undefined, ...environment }
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...flags], {
      cwd: root,
      encoding: 'utf8',
      env,
    })
    expect(stderr).not.toMatch(/\n\s+at /)
    return { status, stdout, stderr }
  }

  it('says what is wrong without Python', () => {
    const { status, stderr } = link([], { PATH: root })
    expect(stderr).toMatch(/^error PYTHON_MISSING: python3 must run, but does not: .*ENOENT/)
    expect(status).toBe(2)
  })

  it.skipIf(!hasPython)('finds what python3 would import', () => {
    layWheel()
    // Incomplete, so that the command stops before it changes a package that is installed here.
    rmSync(join(wheelFolder, 'libtensorflow_framework.so.2'))
    const { status, stderr } = link([], { PYTHONPATH: dirname(wheelFolder) })
    expect(stderr).toContain(`error TENSORFLOW_FILES: ${wheelFolder} must hold libtensorflow_framework.so.2`)
    expect(status).toBe(2)
  })

  it.skipIf(!hasPython)('says what is wrong without TensorFlow, and where one is given that is none', () => {
    // A module of that name is no package, and hides one that might be installed here.
    put(join(root, 'tensorflow.py'))
    expect(link([], { PYTHONPATH: root })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error TENSORFLOW_MISSING: .*pip install tensorflow-cpu/),
    })
    expect(link([`--tensorflow=${root}`])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error TENSORFLOW_FILES: .*libtensorflow_cc\.so\.2/),
    })
    expect(link(['--tensorflow=']).stderr).toMatch(/^error INVALID_VALUE: --tensorflow needs a value/)
  })
})
