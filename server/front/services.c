/* services.c: addresses of ours that are no users: user@DOMAIN and user+ANYTHING@DOMAIN. */
#include <assert.h>

#include "front/front_internal.h"
#include "front/people.h"

static struct front_service *find_method(struct front *front, enum sip_method method)
{
    for (size_t i = 0; i < front->service_count; i++)
        if (front->services[i].method.method == method)
            return &front->services[i];
    return NULL;
}

void front_register_service(struct front *front, const char *user,
                            const struct front_method *method)
{
    struct front_service *service = find_method(front, method->method);
    assert(user != NULL && method->handle != NULL);
    if (service == NULL) {
        assert(front->service_count < FRONT_SERVICES_MAX);
        service = &front->services[front->service_count++];
    }
    *service = (struct front_service){bytes_of(user), *method};
    front_compose_abilities(front);
}

const struct front_service *front_service_of(const struct front *front, struct bytes aor)
{
    for (size_t i = 0; i < front->service_count; i++)
        if (people_is_service(aor, front->services[i].user))
            return accounts_find(front->parts.accounts, aor) == NULL ? &front->services[i] : NULL;
    return NULL;
}
