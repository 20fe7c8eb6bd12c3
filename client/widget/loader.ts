import { install } from './install';

install(window, document.currentScript as HTMLScriptElement | null);
