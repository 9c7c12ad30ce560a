import { existsSync, readFileSync } from 'node:fs'
import { tf } from '@vigil/tfjs'
import { engineError } from '../errors.ts'
import { BackendUnavailableError } from './backend-unavailable.ts'
import { installCommand, isInstalled, WEBGPU_PACKAGES } from './optional-packages.ts'

/** What `webgpu` (Dawn for Node) exports; the package is optional, so its types are not there to be imported. */
type Dawn = { readonly create: (options: string[]) => GPU; readonly globals: Record<string, unknown> }

/** The class that tfjs-backend-webgpu exports. */
type WebgpuBackend = tf.KernelBackend & { readonly device: GPUDevice }
type WebgpuBackendClass = new (device: GPUDevice, adapterInfo: GPUAdapterInfo) => WebgpuBackend

/** Debian 12 has a Mesa that Dawn accepts in its backports only. */
const DRIVER_COMMANDS = {
  bookworm: 'apt-get install -t bookworm-backports mesa-vulkan-drivers',
  other: 'apt-get install mesa-vulkan-drivers',
} as const

/**
 * Starts the backend `webgpu` on the adapter of the highest performance, or finds it started already.
 *
 * Errors of WebGPU do not throw by themselves, and what follows them computes zeros. Here the first one makes every later
 * read of a tensor fail, the one of the same update included, because Dawn reports an error before a read ends.
 *
 * @returns the device for people, and whether it is hardware rather than a driver that computes on the processor
 * @throws {BackendUnavailableError} with the command that makes it available
 */
export async function startWebgpu(): Promise<{ readonly device: string; readonly isGpu: boolean }> {
  if (tf.engine().registry.webgpu === undefined) {
    const backend = await createBackend()
    tf.registerBackend('webgpu', () => backend)
  }
  await tf.setBackend('webgpu')
  return describe((tf.backend() as WebgpuBackend).device.adapterInfo)
}

async function createBackend(): Promise<WebgpuBackend> {
  const { dawn, WebGPUBackend } = await importPackages()
  try {
    return await startDevice(dawn, WebGPUBackend)
  } catch (cause) {
    // Dawn rejects with a DOMException where an adapter does not give what it has announced.
    const reason = `Dawn gives no device: ${(cause as Error).message.split('\n')[0].replace(/[\s.]+$/, '')}`
    throw cause instanceof BackendUnavailableError ? cause : unavailable(reason, cause)
  }
}

async function startDevice(dawn: Dawn, WebGPUBackend: WebgpuBackendClass): Promise<WebgpuBackend> {
  Object.assign(globalThis, dawn.globals)
  // Dawn lives as long as something holds this object; TensorFlow.js looks for it here.
  const gpu = dawn.create([])
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true })
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) {
    throw unavailable('Dawn finds no adapter: a graphics driver with Vulkan is missing, or too old for it')
  }
  const device = await adapter.requestDevice({ requiredLimits: computeLimits(adapter.limits) })
  const backend = new WebGPUBackend(device, adapter.info)
  failReadsAfterErrors(backend)
  return backend
}

function unavailable(reason: string, cause?: unknown): BackendUnavailableError {
  return new BackendUnavailableError('webgpu', { reason, command: driverCommand() }, { cause })
}

function driverCommand(): string {
  const system = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  return system.includes('VERSION_CODENAME=bookworm') ? DRIVER_COMMANDS.bookworm : DRIVER_COMMANDS.other
}

async function importPackages(): Promise<{ dawn: Dawn; WebGPUBackend: WebgpuBackendClass }> {
  const missing = WEBGPU_PACKAGES.filter((name) => !isInstalled(name))
  const command = installCommand(WEBGPU_PACKAGES)
  if (missing.length > 0) {
    const reason = `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not installed`
    throw new BackendUnavailableError('webgpu', { reason, command })
  }
  try {
    // While there is no navigator.gpu, the second package does not register a backend of its own.
    const [dawn, kernels] = await Promise.all(WEBGPU_PACKAGES.map((name) => import(name)))
    return { dawn, WebGPUBackend: kernels.WebGPUBackend }
  } catch (cause) {
    const reason = `its packages cannot be loaded: ${(cause as Error).message.split('\n')[0]}`
    throw new BackendUnavailableError('webgpu', { reason, command }, { cause })
  }
}

/** What TensorFlow.js asks for: as much as the adapter has. */
function computeLimits(limits: GPUSupportedLimits): Record<string, number> {
  return {
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxBufferSize: limits.maxBufferSize,
    maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
  }
}

function failReadsAfterErrors(backend: WebgpuBackend): void {
  let problem: string | null = null
  backend.device.addEventListener('uncapturederror', (event) => {
    event.preventDefault() // Dawn would print it
    problem ??= event.error.message
  })
  void backend.device.lost.then(({ message }) => {
    problem ??= `the device was lost: ${message}`
  })
  const read = backend.read.bind(backend)
  backend.read = async (data) => {
    try {
      const values = await read(data)
      if (problem === null) return values
    } catch (cause) {
      problem ??= (cause as Error).message
    }
    throw engineError(
      'DEVICE_FAILED',
      `backend webgpu must compute without errors, but the device reported: ${problem.split('\n')[0]} ` +
        'What was computed since is wrong. Go on from a checkpoint, with smaller minibatches or another backend.',
    )
  }
}

function describe(info: GPUAdapterInfo): { device: string; isGpu: boolean } {
  const isGpu = !info.isFallbackAdapter
  const name = [info.vendor, info.device].filter((part) => part !== '').join(' ')
  const kind = isGpu ? 'GPU' : 'software adapter, no GPU'
  return {
    device: `webgpu on ${name || 'an unnamed adapter'} (${kind}; driver ${info.description || 'unnamed'})`,
    isGpu,
  }
}
