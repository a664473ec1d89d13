/** What an overlay shows now and then, with its words; loaded when the first of it is shown. */
export { default as AlertPlate } from './AlertPlate.svelte'
export { default as GoalPlate } from './GoalPlate.svelte'
export { default as PollPlate } from './PollPlate.svelte'
