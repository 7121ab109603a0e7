import { useState } from 'react'
import { peopleSelector, type People } from '../model/people.ts'
import { useMessengerState } from './context.tsx'

/** All users that this device knows, by id, including former members whose reactions stay. */
export function usePeople(): People {
  const [select] = useState(peopleSelector)
  return useMessengerState(select)
}
