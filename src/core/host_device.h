// VITRINE_HD: what both a host and a device run.
#ifndef VITRINE_CORE_HOST_DEVICE_H_
#define VITRINE_CORE_HOST_DEVICE_H_

#if defined(__CUDACC__)
#define VITRINE_HD __host__ __device__
#else
#define VITRINE_HD
#endif

#endif  // VITRINE_CORE_HOST_DEVICE_H_
