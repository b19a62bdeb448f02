/* Limits of the telephone connector: the defaults of PJSIP are made for one softphone.
 * A talk is two legs, one prompt or music source and one recorder: four bridge ports, six sockets. */
#define PJSUA_MAX_CALLS 1024
#define PJSUA_MAX_ACC 16
#define PJSUA_MAX_PLAYERS 2048
#define PJSUA_MAX_RECORDERS 1024
#define PJSUA_MAX_CONF_PORTS 5000
#define PJ_IOQUEUE_MAX_HANDLES 5000
#define PJSIP_MAX_TRANSPORTS 1024
#define PJSIP_MAX_TSX_COUNT 65535
#define PJSIP_MAX_DIALOG_COUNT 65535
#define PJSIP_UDP_SO_RCVBUF_SIZE (512 * 1024)
#define PJSIP_UDP_SO_SNDBUF_SIZE (512 * 1024)
#define PJSIP_MAX_PKT_LEN 16000
#define PJ_LOG_MAX_LEVEL 4
#define PJMEDIA_HAS_VIDEO 0
#define PJSIP_UNESCAPE_IN_PLACE 0
