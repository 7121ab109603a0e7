import { reportFault } from '@parley/client/failures'
import { useStore } from 'zustand'
import { texts } from '../../lib/texts.ts'
import { trouble } from '../../lib/trouble.ts'
import { reloadApp, update } from '../../lib/update.ts'
import { Button } from '../../ui/button.tsx'
import './connection-banner.css'

/** Says at the top of the page that the app has failed, or that a newer version is ready. */
export function NoticeBars() {
  const failed = useStore(trouble, ({ failed }) => failed)
  const ready = useStore(update, ({ ready }) => ready)
  return (
    <div className="banner" role="status">
      {failed ? <Bar text={texts.status.failed} /> : ready && <Bar text={texts.status.newVersion} calm />}
    </div>
  )
}

function Bar({ text, calm = false }: { text: string; calm?: boolean }) {
  return (
    <div className={`banner__inside ${calm ? 'banner__inside--calm' : ''}`}>
      <span>{text}</span>
      <Button
        look="quiet"
        className="banner__now"
        onClick={() => {
          reloadApp().catch(reportFault)
        }}
      >
        {texts.status.reload}
      </Button>
    </div>
  )
}
