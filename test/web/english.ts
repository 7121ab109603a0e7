// Puts the English catalog in place before the first text is made.
import '../../web/src/lib/locale.ts'
