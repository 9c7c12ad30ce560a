export { BUILD_COMMAND, type Family, loadNativeKernels, type NativeKernels } from './native-kernels.ts'
