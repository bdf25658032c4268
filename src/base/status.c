#include "base/status.h"

const char *status_name(enum status status)
{
	switch (status) {
	case OK: return "OK";
	case E_NOMEM: return "E_NOMEM";
	case E_INVALID: return "E_INVALID";
	case E_NOT_FOUND: return "E_NOT_FOUND";
	case E_CONFLICT: return "E_CONFLICT";
	case E_EXPIRED: return "E_EXPIRED";
	case E_BUSY: return "E_BUSY";
	case E_REFUSED: return "E_REFUSED";
	case E_STORE: return "E_STORE";
	case E_IO: return "E_IO";
	}
	return "E_?";
}
