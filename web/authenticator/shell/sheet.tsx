export { Sheet } from '../../shared/sheet';
