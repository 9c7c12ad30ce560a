import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { toolError } from '../errors.ts'

/** A TensorFlow as a wheel of pip lays it out. */
export type Wheel = {
  /** Folder of the package, for instance .../site-packages/tensorflow. */
  readonly folder: string
  /** Name and version on PyPI, from the wheel's metadata. */
  readonly name: string
  readonly version: string
  /** From TensorFlow's own build_info.py; null for a build without CUDA. */
  readonly cudaVersion: string | null
  readonly cudnnVersion: string | null
}

/** Files of the wheel, from its folder on. */
export const WHEEL_FILES = {
  headers: 'include',
  library: 'libtensorflow_cc.so.2',
  framework: 'libtensorflow_framework.so.2',
} as const

const C_HEADER = join(WHEEL_FILES.headers, 'tensorflow', 'c', 'c_api.h')
const BUILD_INFO = join('python', 'platform', 'build_info.py')

/**
 * Reads what lies in the folder of a TensorFlow package; Python is not asked.
 *
 * @throws {VigilError} TENSORFLOW_FILES naming the file that is missing
 */
export function readWheel(folder: string): Wheel {
  for (const file of [WHEEL_FILES.library, WHEEL_FILES.framework, C_HEADER, BUILD_INFO]) {
    if (existsSync(join(folder, file))) continue
    throw toolError(
      'TENSORFLOW_FILES',
      `${folder} must hold ${file} as the wheels of TensorFlow for Linux do, but does not. Give the folder of ` +
        'another with --tensorflow=PATH; wheels of 2.21 are known to have it.',
    )
  }
  const buildInfo = readFileSync(join(folder, BUILD_INFO), 'utf8')
  const isCudaBuild = /['"]is_cuda_build['"]\s*[,:]\s*True/.test(buildInfo)
  const text = (key: string) => new RegExp(`['"]${key}['"]\\s*[,:]\\s*['"]([^'"]+)['"]`).exec(buildInfo)?.[1] ?? null
  return {
    folder,
    ...metadataOf(folder),
    cudaVersion: isCudaBuild ? (text('cuda_version') ?? 'of an unnamed version') : null,
    cudnnVersion: isCudaBuild ? text('cudnn_version') : null,
  }
}

/** One line for people: which TensorFlow, which CUDA, and where. */
export function describeWheel({ name, version, cudaVersion, cudnnVersion, folder }: Wheel): string {
  const cudnn = cudnnVersion === null ? '' : ` and cuDNN ${cudnnVersion}`
  const build = cudaVersion === null ? 'without CUDA' : `for CUDA ${cudaVersion}${cudnn}`
  return `TensorFlow ${version} (${name}), built ${build}, in ${folder}`
}

/** Folders of the CUDA libraries that pip has installed beside the wheel. */
export function nvidiaLibraryFolders({ folder }: Wheel): string[] {
  const nvidia = join(dirname(folder), 'nvidia')
  if (!existsSync(nvidia)) return []
  return readdirSync(nvidia)
    .map((name) => join(nvidia, name, 'lib'))
    .filter((path) => existsSync(path))
    .sort()
}

/** The wheel is the one that has brought the library: other packages are called tensorflow-something too. */
function metadataOf(folder: string): { name: string; version: string } {
  const site = dirname(folder)
  for (const entry of readdirSync(site).filter((name) => name.endsWith('.dist-info'))) {
    const record = join(site, entry, 'RECORD')
    const metadata = join(site, entry, 'METADATA')
    if (!existsSync(record) || !existsSync(metadata)) continue
    if (!readFileSync(record, 'utf8').includes(`tensorflow/${WHEEL_FILES.library},`)) continue
    const text = readFileSync(metadata, 'utf8')
    const field = (key: string) => new RegExp(`^${key}: *(.+)$`, 'm').exec(text)?.[1].trim()
    const [name, version] = [field('Name'), field('Version')]
    if (name !== undefined && version !== undefined) return { name, version }
  }
  throw toolError(
    'TENSORFLOW_FILES',
    `Beside ${folder} must be the .dist-info of the wheel that it came from, but there is none. Install TensorFlow with pip.`,
  )
}
