export { LAB } from './faults/composition.ts'
