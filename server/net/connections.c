/* connections.c: any network's connections. */
#include "net/connections.h"

#include <assert.h>

#include "net/net.h"

void net_each_connection(struct net *net, net_connection_fn visit, void *context)
{
    assert(net != NULL && visit != NULL);
    if (net->ops->each != NULL)
        net->ops->each(net, visit, context);
}
