#include "push/verdict.h"

#include <stddef.h>

#include "base/status.h"

#define PAUSE_MAX_S       30
#define RETRY_AFTER_MAX_S 86400

/* The first row that fits. */
static const struct {
	int from, to;
	struct push_verdict verdict;
} answers[] = {
	{200, 299, {PUSH_DELIVERED, NULL, false}},     {300, 399, {PUSH_DROP, "redirect", true}},
	{401, 401, {PUSH_DROP, "vapid", true}},        {403, 403, {PUSH_DROP, "vapid", true}},
	{404, 404, {PUSH_UNSUBSCRIBE, "gone", false}}, {410, 410, {PUSH_UNSUBSCRIBE, "gone", false}},
	{429, 429, {PUSH_RETRY, "busy", false}},       {400, 499, {PUSH_DROP, "refused", true}},
	{500, 599, {PUSH_RETRY, "busy", false}},
};

static struct push_verdict answer_verdict(int status)
{
	for (size_t i = 0; i < ARRAY_COUNT(answers); i++)
		if (status >= answers[i].from && status <= answers[i].to)
			return answers[i].verdict;
	return (struct push_verdict){PUSH_RETRY, "unreachable", false}; /* no answer that HTTP knows */
}

struct push_verdict push_verdict_of(const struct fetch_reply *reply)
{
	switch (reply->outcome) {
	case FETCH_ANSWERED: return answer_verdict(reply->status);
	case FETCH_TIMED_OUT: return (struct push_verdict){PUSH_RETRY, "timeout", false};
	case FETCH_UNREACHABLE: return (struct push_verdict){PUSH_RETRY, "unreachable", false};
	case FETCH_PRIVATE: return (struct push_verdict){PUSH_DROP, "address", true};
	case FETCH_CANCELLED: break;
	}
	return (struct push_verdict){PUSH_RELEASE, NULL, false};
}

int64_t push_retry_at(int tries, int64_t retry_after_s, int64_t now)
{
	int64_t pause = 1;

	for (int i = 1; i < tries && pause < PAUSE_MAX_S; i++)
		pause *= 2;
	if (pause > PAUSE_MAX_S)
		pause = PAUSE_MAX_S;
	if (retry_after_s > RETRY_AFTER_MAX_S)
		retry_after_s = RETRY_AFTER_MAX_S;
	return now + (retry_after_s > pause ? retry_after_s : pause);
}
