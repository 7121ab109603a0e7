import { useState } from 'react'
import { peopleSelector, type People } from '../model/people.ts'
import { useMessengerState } from './context.tsx'

/** Everybody whom this device has heard of, by their ids: also who has left, but whose reactions stay. */
export function usePeople(): People {
  const [select] = useState(peopleSelector)
  return useMessengerState(select)
}
