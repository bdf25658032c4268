export { announce, Announcement } from '../../shared/announce';
