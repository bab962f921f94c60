// A gRPC peer in Go for the tests of ichor.rpc: server and client of the service of tests/rpc/echo.py.
//
//	peer serve -tls DIR | -unix PATH     prints its address, serves until stdin closes
//	peer call  -tls DIR | -unix PATH -to ADDRESS     calls all four kinds, prints OK
//	peer bench -tls DIR | -unix PATH -to ADDRESS -n N -c C
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const limit = 32 << 20

var (
	tlsDir   = flag.String("tls", "", "directory with ca.pem, chain.pem, key.pem")
	unixPath = flag.String("unix", "", "socket")
	to       = flag.String("to", "", "address to call")
	calls    = flag.Int("n", 1000, "calls of a benchmark")
	workers  = flag.Int("c", 1, "calls at once")
)

func main() {
	verb := os.Args[1]
	if err := flag.CommandLine.Parse(os.Args[2:]); err != nil {
		fail(err)
	}
	verbs := map[string]func() error{"serve": serve, "call": call, "bench": bench}
	if err := verbs[verb](); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func transport() (credentials.TransportCredentials, error) {
	if *tlsDir == "" {
		return insecure.NewCredentials(), nil
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(*tlsDir, "chain.pem"), filepath.Join(*tlsDir, "key.pem"))
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(filepath.Join(*tlsDir, "ca.pem"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return credentials.NewTLS(&tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{pair},
		RootCAs:      pool,
		ClientCAs:    pool,
		ClientAuth:   tls.RequireAndVerifyClientCert,
	}), nil
}

// The server.

type echoServer interface{}

func serve() error {
	creds, err := transport()
	if err != nil {
		return err
	}
	network, address := "tcp", "127.0.0.1:0"
	if *unixPath != "" {
		network, address = "unix", *unixPath
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.Creds(creds), grpc.MaxRecvMsgSize(limit), grpc.MaxSendMsgSize(limit))
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "test.Echo",
		HandlerType: (*echoServer)(nil),
		Methods: []grpc.MethodDesc{
			{MethodName: "Echo", Handler: unary(echo)},
			{MethodName: "Refuse", Handler: unary(refuse)},
			{MethodName: "Hang", Handler: unary(hang)},
		},
		Streams: []grpc.StreamDesc{
			{StreamName: "Count", Handler: count, ServerStreams: true},
			{StreamName: "Sum", Handler: sum, ClientStreams: true},
			{StreamName: "Double", Handler: double, ClientStreams: true, ServerStreams: true},
			{StreamName: "Pull", Handler: pull, ServerStreams: true},
		},
	}, struct{}{})
	fmt.Println(listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		server.Stop()
	}()
	return server.Serve(listener)
}

func unary(do func(context.Context, *wrapperspb.BytesValue) (*wrapperspb.BytesValue, error)) grpc.MethodHandler {
	return func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		in := &wrapperspb.BytesValue{}
		if err := decode(in); err != nil {
			return nil, err
		}
		return do(ctx, in)
	}
}

func echo(ctx context.Context, in *wrapperspb.BytesValue) (*wrapperspb.BytesValue, error) {
	_ = grpc.SendHeader(ctx, metadata.Pairs("first", "1"))
	_ = grpc.SetTrailer(ctx, metadata.Pairs("last-bin", "\x00\xff"))
	return in, nil
}

func refuse(context.Context, *wrapperspb.BytesValue) (*wrapperspb.BytesValue, error) {
	detailed, err := status.New(codes.NotFound, "näh 100%").WithDetails(wrapperspb.String("why"))
	if err != nil {
		return nil, err
	}
	return nil, detailed.Err()
}

func hang(ctx context.Context, _ *wrapperspb.BytesValue) (*wrapperspb.BytesValue, error) {
	<-ctx.Done()
	return nil, status.FromContextError(ctx.Err()).Err()
}

func count(_ any, stream grpc.ServerStream) error {
	in := &wrapperspb.Int64Value{}
	if err := stream.RecvMsg(in); err != nil {
		return err
	}
	for n := int64(0); n < in.Value; n++ {
		if err := stream.SendMsg(wrapperspb.Int64(n)); err != nil {
			return err
		}
	}
	return nil
}

func pull(_ any, stream grpc.ServerStream) error {
	in := &wrapperspb.Int64Value{}
	if err := stream.RecvMsg(in); err != nil {
		return err
	}
	block := wrapperspb.Bytes(make([]byte, 65536))
	for n := int64(0); n < in.Value; n++ {
		if err := stream.SendMsg(block); err != nil {
			return err
		}
	}
	return nil
}

func sum(_ any, stream grpc.ServerStream) error {
	total := int64(0)
	for {
		in := &wrapperspb.Int64Value{}
		switch err := stream.RecvMsg(in); {
		case errors.Is(err, io.EOF):
			return stream.SendMsg(wrapperspb.Int64(total))
		case err != nil:
			return err
		}
		total += in.Value
	}
}

func double(_ any, stream grpc.ServerStream) error {
	for {
		in := &wrapperspb.Int64Value{}
		switch err := stream.RecvMsg(in); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := stream.SendMsg(wrapperspb.Int64(2 * in.Value)); err != nil {
			return err
		}
	}
}

// The client.

func dial() (*grpc.ClientConn, error) {
	creds, err := transport()
	if err != nil {
		return nil, err
	}
	target := *to
	if *unixPath != "" {
		target = "unix:" + *unixPath
	}
	return grpc.NewClient(target, grpc.WithTransportCredentials(creds),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(limit), grpc.MaxCallSendMsgSize(limit)))
}

func call() error {
	conn, err := dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for _, step := range []func(context.Context, *grpc.ClientConn) error{
		callUnary, callErrors, callStreams, callManyAtOnce, callAndLeave,
	} {
		if err := step(ctx, conn); err != nil {
			return err
		}
	}
	fmt.Println("OK")
	return nil
}

func callUnary(ctx context.Context, conn *grpc.ClientConn) error {
	ctx = metadata.AppendToOutgoingContext(ctx, "node", "a", "node", "b", "x-bin", "\x00\xfe")
	for _, size := range []int{0, 10, 100_000, 20 << 20} {
		out := &wrapperspb.BytesValue{}
		var header, trailer metadata.MD
		err := conn.Invoke(ctx, "/test.Echo/Echo", wrapperspb.Bytes(make([]byte, size)), out,
			grpc.Header(&header), grpc.Trailer(&trailer))
		if err != nil {
			return fmt.Errorf("echo of %d: %w", size, err)
		}
		if len(out.Value) != size || header.Get("first")[0] != "1" || trailer.Get("last-bin")[0] != "\x00\xff" {
			return fmt.Errorf("echo of %d: %d bytes, %v, %v", size, len(out.Value), header, trailer)
		}
	}
	out := &wrapperspb.BytesValue{}
	return conn.Invoke(ctx, "/test.Echo/Echo", wrapperspb.Bytes(make([]byte, 100_000)), out, grpc.UseCompressor(gzip.Name))
}

func callErrors(ctx context.Context, conn *grpc.ClientConn) error {
	out := &wrapperspb.BytesValue{}
	got := status.Convert(conn.Invoke(ctx, "/test.Echo/Refuse", wrapperspb.Bytes(nil), out))
	if got.Code() != codes.NotFound || got.Message() != "näh 100%" || len(got.Details()) != 1 {
		return fmt.Errorf("refuse: %v %v", got, got.Details())
	}
	if code := status.Code(conn.Invoke(ctx, "/no/Such", wrapperspb.Bytes(nil), out)); code != codes.Unimplemented {
		return fmt.Errorf("unknown method: %v", code)
	}
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if code := status.Code(conn.Invoke(short, "/test.Echo/Hang", wrapperspb.Bytes(nil), out)); code != codes.DeadlineExceeded {
		return fmt.Errorf("hang: %v", code)
	}
	if code := status.Code(conn.Invoke(ctx, "/test.Echo/Echo", wrapperspb.Bytes(make([]byte, limit-100)), out)); code != codes.OK {
		return fmt.Errorf("at the limit: %v", code)
	}
	if code := status.Code(conn.Invoke(ctx, "/test.Echo/Echo", wrapperspb.Bytes(make([]byte, limit+1)), out,
		grpc.MaxCallSendMsgSize(2*limit))); code != codes.ResourceExhausted {
		return fmt.Errorf("above the limit: %v", code)
	}
	return nil
}

func open(ctx context.Context, conn *grpc.ClientConn, name string) (grpc.ClientStream, error) {
	desc := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	return conn.NewStream(ctx, desc, "/test.Echo/"+name)
}

func callStreams(ctx context.Context, conn *grpc.ClientConn) error {
	for _, test := range []struct {
		name           string
		sends, replies int64
	}{{"Count", 1, 1000}, {"Sum", 1000, 1}, {"Double", 1000, 1000}} {
		stream, err := open(ctx, conn, test.name)
		if err != nil {
			return err
		}
		go func() {
			for n := int64(0); n < test.sends; n++ {
				_ = stream.SendMsg(wrapperspb.Int64(1000))
			}
			_ = stream.CloseSend()
		}()
		replies := int64(0)
		in := &wrapperspb.Int64Value{}
		for err = stream.RecvMsg(in); err == nil; err = stream.RecvMsg(in) {
			replies++
		}
		if !errors.Is(err, io.EOF) || replies != test.replies {
			return fmt.Errorf("%s: %d replies, %w", test.name, replies, err)
		}
	}
	return nil
}

func callManyAtOnce(ctx context.Context, conn *grpc.ClientConn) error {
	var group sync.WaitGroup
	failures := make(chan error, 1000)
	for range 1000 {
		group.Add(1)
		go func() {
			defer group.Done()
			out := &wrapperspb.BytesValue{}
			failures <- conn.Invoke(ctx, "/test.Echo/Echo", wrapperspb.Bytes([]byte("x")), out)
		}()
	}
	group.Wait()
	close(failures)
	for err := range failures {
		if err != nil {
			return fmt.Errorf("many at once: %w", err)
		}
	}
	return nil
}

// Streams left with full windows must not starve the connection.
func callAndLeave(ctx context.Context, conn *grpc.ClientConn) error {
	for range 100 {
		inner, cancel := context.WithCancel(ctx)
		stream, err := open(inner, conn, "Pull")
		if err != nil {
			cancel()
			return err
		}
		_ = stream.SendMsg(wrapperspb.Int64(100))
		_ = stream.CloseSend()
		err = stream.RecvMsg(&wrapperspb.BytesValue{})
		cancel()
		if err != nil {
			return fmt.Errorf("leave: %w", err)
		}
	}
	return callUnary(ctx, conn)
}

func bench() error {
	conn, err := dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx := context.Background()
	times := make([]time.Duration, *calls)
	one := func(at int) error {
		began := time.Now()
		err := conn.Invoke(ctx, "/test.Echo/Echo", wrapperspb.Bytes([]byte("0123456789")), &wrapperspb.BytesValue{})
		times[at] = time.Since(began)
		return err
	}
	if err := one(0); err != nil {
		return err
	}
	var group sync.WaitGroup
	began := time.Now()
	for worker := range *workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for at := worker; at < *calls; at += *workers {
				if err := one(at); err != nil {
					fail(err)
				}
			}
		}()
	}
	group.Wait()
	took := time.Since(began)
	sort.Slice(times, func(a, b int) bool { return times[a] < times[b] })
	fmt.Printf("p50_us %d p99_us %d per_s %.0f\n", times[len(times)/2].Microseconds(),
		times[len(times)*99/100].Microseconds(), float64(*calls)/took.Seconds())
	return nil
}
